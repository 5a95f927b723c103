#!/bin/sh
# Makes 20 videos encoded once, 20 encoded twice, 20 encoded once after a
# conversion of the frame rate (20 to 25, pictures repeated) and 10 encoded twice
# of which the first had B-pictures, and runs the check gop on them: 002-gop-double-encoding.sh WAARMERK FOLDER [PHOTO...]
# Photos (at least 640×480) become shots of a moving camera; without any, only
# synthetic contents are used. Prints a CSV line for each video.
set -eu
waarmerk=$1
folder=$2
shift 2
mkdir -p "$folder"
ff() { ffmpeg -hide_banner -loglevel error -nostdin -y "$@"; }

# Ten uncoded sources of 12 s, 320×240, 25 frames a second. Handheld motion:
# two incommensurable oscillations; camera noise on top.
move="crop=320:240:'(iw-320)/2*(1+0.5*sin(n/37)+0.4*sin(n/11.3))':'(ih-240)/2*(1+0.5*sin(n/23)+0.4*cos(n/7.9))'"
noise="noise=alls=5:allf=t"
source() {
    case $1 in
    1) echo "mandelbrot=size=320x240:rate=25:maxiter=300" ;;
    2) echo "life=size=320x240:rate=25:mold=10:ratio=0.1:seed=7" ;;
    3) echo "testsrc2=size=320x240:rate=25" ;;
    4) echo "mandelbrot=size=640x480:rate=25,$move,$noise:all_seed=9" ;;
    5) echo "testsrc2=size=640x480:rate=25,$move,$noise:all_seed=3" ;;
    *) echo "" ;;
    esac
}
make() { # number coding... output
    n=$1
    shift
    if [ -n "$(source "$n")" ]; then
        ff -f lavfi -i "$(source "$n"),trim=duration=12" -pix_fmt yuv420p -threads 1 "$@"
    else
        eval "photo=\${photo$n}"
        ff -loop 1 -framerate 25 -t 12 -i "$photo" \
            -vf "scale=640:480:force_original_aspect_ratio=increase,$move,$noise:all_seed=$n" \
            -pix_fmt yuv420p -threads 1 "$@"
    fi
}
last=5
for photo in "$@"; do
    last=$((last + 1))
    eval "photo$last=\$photo"
    [ $last -lt 10 ] || break
done

x264="-c:v libx264 -preset veryfast"
say() { # class number first second file
    line=$("$waarmerk" examine "$5" --checks gop --json --out "$folder/results" 2>/dev/null)
    value() { printf '%s' "$line" | sed -n "s/.*\"values\": *{[^}]*\"$1\": *\([-0-9.e]*\).*/\1/p"; }
    state=$(printf '%s' "$line" | sed -n 's/.*"state": *"\([^"]*\)".*/\1/p')
    echo "$1,$2,$3,$4,$state,$(value log10_nfa),$(value period_frames),$(value p_frames),$(value b_frames),$(value size_factor)"
    rm -rf "$folder/results"
}
echo "class,source,first,second,state,log10_nfa,period,p_frames,b_frames,size_factor"
n=1
while [ $n -le $last ]; do
    for coding in "x264 default|$x264" "x264 g=30 no B|$x264 -g 30 -bf 0"; do
        name=$(echo "${coding%%|*}" | tr -c 'a-z0-9\n' -)
        make $n ${coding#*|} "$folder/single-$n-$name.mp4"
        say single $n "" "${coding%%|*}" "$folder/single-$n-$name.mp4"
    done
    # The first encoding alternates between a phone's second and a camera's
    # half; the second is what sharing makes of it.
    for pair in "25|250|x264 g=25|x264 default (B)|" "12|33|x264 g=12 no B|x264 g=33 no B|-bf 0"; do
        g1=$(echo "$pair" | cut -d'|' -f1)
        g2=$(echo "$pair" | cut -d'|' -f2)
        b=$(echo "$pair" | cut -d'|' -f5)
        make $n $x264 -g "$g1" -keyint_min "$g1" -sc_threshold 0 $b "$folder/first-$n-$g1.mp4"
        ff -i "$folder/first-$n-$g1.mp4" -threads 1 $x264 -g "$g2" $b "$folder/double-$n-$g1-$g2.mp4"
        say double $n "$(echo "$pair" | cut -d'|' -f3)" "$(echo "$pair" | cut -d'|' -f4)" "$folder/double-$n-$g1-$g2.mp4"
    done
    # Repeated pictures recur every fifth frame of a single encoding.
    make $n -c:v ffv1 "$folder/uncoded-$n.mkv"
    for coding in "x264 default|$x264" "x264 g=30 no B|$x264 -g 30 -bf 0"; do
        name=$(echo "${coding%%|*}" | tr -c 'a-z0-9\n' -)
        ff -i "$folder/uncoded-$n.mkv" -vf fps=20,fps=25 -threads 1 ${coding#*|} "$folder/converted-$n-$name.mp4"
        say converted $n "" "${coding%%|*}" "$folder/converted-$n-$name.mp4"
    done
    # B-pictures of the first encoding recur every few frames of the second.
    make $n $x264 -bf 3 -b_strategy 0 "$folder/first-$n-b.mp4"
    ff -i "$folder/first-$n-b.mp4" -threads 1 $x264 -g 33 -bf 0 "$folder/double-b-$n.mp4"
    say double-b $n "x264 3 B" "x264 g=33 no B" "$folder/double-b-$n.mp4"
    # Other encoders, once in groups of 30 and twice in groups of 12 and 33.
    for coder in "libx265|-x265-params log-level=none:scenecut=0" "mpeg4|-q:v 5" "mpeg2video|-q:v 5" "libvpx-vp9|-b:v 400k -cpu-used 8 -deadline realtime"; do
        name=${coder%%|*}
        with="-c:v $name ${coder#*|}"
        case $name in libx265) ext=mp4 plain="-bf 0" ;; libvpx-vp9) ext=webm plain="" ;; *) ext=mp4 plain="-bf 0" ;; esac
        make $n $with $plain -g 30 -keyint_min 30 "$folder/other-single-$n-$name.$ext"
        say "single-$name" $n "" "g=30" "$folder/other-single-$n-$name.$ext"
        make $n $with $plain -g 12 -keyint_min 12 "$folder/other-first-$n-$name.$ext"
        ff -i "$folder/other-first-$n-$name.$ext" -threads 1 $with $plain -g 33 -keyint_min 33 "$folder/other-double-$n-$name.$ext"
        say "double-$name" $n "g=12" "g=33" "$folder/other-double-$n-$name.$ext"
    done
    n=$((n + 1))
done
