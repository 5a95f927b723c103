//! Against scikit-learn, SciPy and lir (`cases.py` made `cases.json`), against pROC
//! (`proc.R` made `proc.json`), and what must hold whatever the numbers are.

use serde_json::Value;

use super::calibrate::{Calibrator, Method, line};
use super::*;
use crate::text::Text;

fn cases() -> Value {
    serde_json::from_str(include_str!("cases.json")).unwrap()
}

/// What pROC gives for the same cases.
fn proc() -> Value {
    serde_json::from_str(include_str!("proc.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap_or(f64::NAN)).collect()
}

fn items(case: &Value, key: &str) -> Vec<Labelled> {
    let truth = numbers(&case["y"]);
    let scores = numbers(&case[key]);
    let item = |(source, (score, y)): (usize, (f64, f64))| Labelled { score, h1: y == 1.0, source };
    scores.into_iter().zip(truth).enumerate().map(item).collect()
}

#[track_caller]
fn near(ours: f64, theirs: &Value, within: f64) {
    let theirs = theirs.as_f64().unwrap();
    assert!((ours - theirs).abs() <= within, "{ours} is not {theirs}");
}

fn rescored(items: &[Labelled], f: impl Fn(f64) -> f64) -> Vec<Labelled> {
    items.iter().map(|i| Labelled { score: f(i.score), ..*i }).collect()
}

#[test]
fn discrimination_as_scikit_learn_gives_it() {
    for case in cases()["cases"].as_array().unwrap() {
        let x = items(case, "x");
        near(roc::auc(&x).unwrap(), &case["auc"], 1e-12);
        near(roc::eer(&x).unwrap(), &case["eer"], 1e-9);
        near(roc::average_precision(&x).unwrap(), &case["ap"], 1e-12);
        for (i, fpr) in [0.01, 0.05, 0.1].into_iter().enumerate() {
            near(roc::tpr_at(&x, fpr).unwrap(), &case["tpr_at"][i], 1e-12);
        }
    }
}

/// SciPy 1.x: `binomtest(k, n).proportion_ci(0.95, "exact")`.
#[test]
fn a_share_has_the_interval_that_scipy_gives_it() {
    for (k, n, low, high) in [
        (0, 60, 0.0, 0.05962949228633472),
        (5, 10, 0.1870860284474045, 0.8129139715525955),
        (1, 20, 0.0012650894979560339, 0.24873276277202772),
        (60, 60, 0.9403705077136653, 1.0),
    ] {
        let (a, b) = share::interval(k, n).unwrap();
        assert!((a - low).abs() < 1e-9 && (b - high).abs() < 1e-9, "{k} of {n}: {a} {b}");
    }
    assert_eq!(share::interval(0, 0), None);
}

#[test]
fn the_curve_of_precision_holds_the_average_and_the_best_threshold_is_on_the_roc() {
    for case in cases()["cases"].as_array().unwrap() {
        let x = items(case, "x");
        let (mut sum, mut before) = (0.0, 0.0);
        for (recall, precision) in roc::precision_recall(&x).unwrap() {
            sum += (recall - before) * precision;
            before = recall;
        }
        near(sum, &case["ap"], 1e-12);
        let gain = |t: f64| {
            let share = |h1: bool| {
                let of: Vec<_> = x.iter().filter(|i| i.h1 == h1).collect();
                of.iter().filter(|i| i.score >= t).count() as f64 / of.len() as f64
            };
            share(true) - share(false)
        };
        let best = gain(roc::best_threshold(&x).unwrap());
        assert!(x.iter().all(|i| gain(i.score) <= best + 1e-12));
    }
}

#[test]
fn calibration_and_costs_as_lir_gives_them() {
    for case in cases()["cases"].as_array().unwrap() {
        let x = items(case, "x");
        let fitted = line(&x, 1.0).unwrap();
        let llrs = rescored(&x, |s| fitted.at(&[s]) / std::f64::consts::LN_10);
        for (i, theirs) in case["logistic"].as_array().unwrap().iter().enumerate() {
            near(llrs[i].score, theirs, 1e-6);
        }
        let theirs = items(case, "logistic");
        near(cost::cllr(&theirs).unwrap(), &case["cllr"], 1e-12);
        near(cost::cllr_min(&theirs).unwrap(), &case["cllr_min"], 1e-9);
        near(cost::cllr_cal(&theirs).unwrap(), &case["cllr_cal"], 1e-9);
        near(cost::cllr(&x).unwrap(), &case["cllr_raw"], 1e-12);
        let (low, high) = bound::elub(&theirs).unwrap();
        near(low, &case["elub"][0], 1e-9);
        near(high, &case["elub"][1], 1e-9);
        for (i, prior) in [-2.0, -1.0, 0.0, 1.0, 2.0].into_iter().enumerate() {
            near(cost::entropy(&theirs, prior).unwrap(), &case["ece_curve"][i], 1e-9);
        }
        let p = rescored(&theirs, |llr| 1.0 / (1.0 + 10f64.powf(-llr)));
        near(cost::brier(&p).unwrap(), &case["brier"], 1e-12);
        near(cost::calibration_error(&p).unwrap(), &case["calibration_error"], 1e-12);
        let kde = Calibrator::fit(&x, Method::Kde).unwrap();
        for (i, at) in numbers(&case["kde_at"]).into_iter().enumerate() {
            near(kde.log10_lr(at), &case["kde"][i], 1e-6);
        }
        let pav = pav::Pav::fit(&x).unwrap();
        for (item, theirs) in x.iter().zip(case["pav"].as_array().unwrap()) {
            let ours = pav.log10_lr(item.score);
            if theirs.is_null() { assert!(ours.is_infinite()) } else { near(ours, theirs, 1e-9) }
        }
    }
}

#[test]
fn comparisons_as_defined() {
    let (all, proc) = (cases(), proc());
    let of_proc = proc["cases"].as_array().unwrap();
    for (case, proc) in all["cases"].as_array().unwrap().iter().zip(of_proc) {
        let (x, other) = (items(case, "x"), items(case, "other"));
        let pairs: Vec<_> = x.iter().zip(&other).map(|(a, b)| (a.score, b.score, a.h1)).collect();
        let found = compare::delong(&pairs).unwrap();
        near(found.auc[0], &case["delong"]["auc"][0], 1e-12);
        near(found.auc[1], &case["delong"]["auc"][1], 1e-12);
        near(found.error[0], &case["delong"]["se"], 1e-12);
        near(found.z, &case["delong"]["z"], 1e-9);
        near(found.p, &case["delong"]["p"], 1e-9);
        for which in 0..2 {
            near(found.auc[which], &proc["auc"][which], 1e-12);
            near(found.error[which], &proc["se"][which], 1e-12);
        }
        near(found.z, &proc["z"], 1e-9);
        near(found.p, &proc["p"], 1e-9);
        let rows: Vec<_> = pairs.iter().map(|p| (vec![p.0, p.1], p.2)).collect();
        let fused = logistic::Logistic::fit(&rows, 1.0).unwrap();
        near(fused.intercept, &case["fused"][0], 1e-3);
        near(fused.slopes[0], &case["fused"][1], 1e-3);
        near(fused.slopes[1], &case["fused"][2], 1e-3);
    }
    for case in all["mcnemar"].as_array().unwrap() {
        let n = |key: &str| case[key].as_u64().unwrap();
        near(compare::mcnemar(n("b"), n("c")), &case["p"], 1e-12);
    }
    for pair in all["probit"].as_array().unwrap() {
        near(roc::probit(pair[0].as_f64().unwrap()), &pair[1], 1e-9);
    }
    let corrected = compare::holm(&[0.01, 0.04, 0.03, 0.005]);
    for (ours, theirs) in corrected.into_iter().zip([0.03, 0.06, 0.06, 0.02]) {
        assert!((ours - theirs).abs() < 1e-12);
    }
}

/// `reports/lir-agreement.md`: what lir, scikit-learn and pROC give, what this gives,
/// and how far they are apart. Written with `WAARMERK_WRITE=1`.
#[test]
fn the_committed_table_of_agreement_is_what_comes_out() {
    let mut table = String::from(
        "# Agreement with lir, scikit-learn and pROC\n\n\
         The numbers of `src/evaluate` beside those of lir 1.3.1 (Netherlands Forensic\n\
         Institute) and scikit-learn 1.9.1 on the cases of `src/evaluate/cases.json`, which\n\
         `src/evaluate/cases.py` makes, and of pROC 1.18.0 on the same cases (`src/evaluate/proc.R`).\n\
         A row with more than one number gives the largest difference. Bounds are those of Vergeer et al. (2016) as lir finds them.\n\n\
         | case | quantity | theirs | ours | apart |\n|---|---|---:|---:|---:|\n",
    );
    let (all, proc) = (cases(), proc());
    let of_proc = proc["cases"].as_array().unwrap();
    for (case, proc) in all["cases"].as_array().unwrap().iter().zip(of_proc) {
        let (x, theirs) = (items(case, "x"), items(case, "logistic"));
        let mut row = |what: &str, pairs: &[(f64, f64)]| {
            let finite = pairs.iter().filter(|(a, b)| a.is_finite() || b.is_finite());
            let apart = finite.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            let one = |v: f64| format!("{v:.6}");
            let shown = match pairs {
                [(a, b)] => (one(*a), one(*b)),
                many => (format!("{} numbers", many.len()), format!("{} numbers", many.len())),
            };
            // Differences of rounding differ between machines.
            let apart = match apart {
                a if a < 1e-6 => "< 1e-6".to_owned(),
                a if a < 1e-3 => "< 0.001".to_owned(),
                a => format!("{a:.3}"),
            };
            let name = case["name"].as_str().unwrap();
            table.push_str(&format!("| {name} | {what} | {} | {} | {apart} |\n", shown.0, shown.1));
        };
        let their = |key: &str| case[key].as_f64().unwrap();
        row("AUC", &[(their("auc"), roc::auc(&x).unwrap())]);
        row("EER", &[(their("eer"), roc::eer(&x).unwrap())]);
        row("average precision", &[(their("ap"), roc::average_precision(&x).unwrap())]);
        let at = [0.01, 0.05, 0.1].map(|rate| roc::tpr_at(&x, rate).unwrap());
        let pairs: Vec<_> = numbers(&case["tpr_at"]).into_iter().zip(at).collect();
        row("TPR at FPR 1 %, 5 % and 10 %", &pairs);
        let fitted = line(&x, 1.0).unwrap();
        let ratio = |s: f64| fitted.at(&[s]) / std::f64::consts::LN_10;
        let pairs: Vec<_> = theirs.iter().zip(&x).map(|(t, i)| (t.score, ratio(i.score))).collect();
        row("log10 LR, logistic", &pairs);
        let kde = Calibrator::fit(&x, Method::Kde).unwrap();
        let at = numbers(&case["kde_at"]);
        let pairs: Vec<_> =
            numbers(&case["kde"]).into_iter().zip(at).map(|(t, s)| (t, kde.log10_lr(s))).collect();
        row("log10 LR, kernel densities", &pairs);
        let fit = pav::Pav::fit(&x).unwrap();
        let given = case["pav"].as_array().unwrap().iter().zip(&x);
        let pairs: Vec<_> =
            given.filter_map(|(t, i)| Some((t.as_f64()?, fit.log10_lr(i.score)))).collect();
        row("log10 LR, PAV", &pairs);
        row("C_llr", &[(their("cllr"), cost::cllr(&theirs).unwrap())]);
        row("C_llr^min", &[(their("cllr_min"), cost::cllr_min(&theirs).unwrap())]);
        row("C_llr^cal", &[(their("cllr_cal"), cost::cllr_cal(&theirs).unwrap())]);
        let (low, high) = bound::elub(&theirs).unwrap();
        let bounds = numbers(&case["elub"]);
        row("ELUB, log10, lower", &[(bounds[0], low)]);
        row("ELUB, log10, upper", &[(bounds[1], high)]);
        let curve = numbers(&case["ece_curve"]).into_iter();
        let pairs: Vec<_> = curve
            .zip([-2.0, -1.0, 0.0, 1.0, 2.0])
            .map(|(t, prior)| (t, cost::entropy(&theirs, prior).unwrap()))
            .collect();
        row("ECE at five priors", &pairs);
        let p = rescored(&theirs, |llr| 1.0 / (1.0 + 10f64.powf(-llr)));
        row("Brier score", &[(their("brier"), cost::brier(&p).unwrap())]);
        let error = cost::calibration_error(&p).unwrap();
        row("expected calibration error", &[(their("calibration_error"), error)]);
        let other = items(case, "other");
        let rows: Vec<_> =
            x.iter().zip(&other).map(|(a, b)| (vec![a.score, b.score], a.h1)).collect();
        let fused = logistic::Logistic::fit(&rows, 1.0).unwrap();
        let ours = [fused.intercept, fused.slopes[0], fused.slopes[1]];
        let pairs: Vec<_> = numbers(&case["fused"]).into_iter().zip(ours).collect();
        row("fusion of two scores (intercept, slopes)", &pairs);
        let both: Vec<_> = x.iter().zip(&other).map(|(a, b)| (a.score, b.score, a.h1)).collect();
        let ours = compare::delong(&both).unwrap();
        let pairs = |key: &str, ours: [f64; 2]| -> Vec<_> {
            numbers(&proc[key]).into_iter().zip(ours).collect()
        };
        row("AUC of two scores (pROC)", &pairs("auc", ours.auc));
        row("their standard errors, DeLong (pROC)", &pairs("se", ours.error));
        row("z of their difference, DeLong (pROC)", &[(proc["z"].as_f64().unwrap(), ours.z)]);
        row("p of their difference, DeLong (pROC)", &[(proc["p"].as_f64().unwrap(), ours.p)]);
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/reports/lir-agreement.md");
    if std::env::var_os("WAARMERK_WRITE").is_some() {
        std::fs::write(path, &table).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), table);
}

fn lrs(values: &[f64], truth: &[u8]) -> Vec<Labelled> {
    let item = |(source, (lr, y)): (usize, (&f64, &u8))| Labelled {
        score: lr.log10(),
        h1: *y == 1,
        source,
    };
    values.iter().zip(truth).enumerate().map(item).collect()
}

#[test]
fn bounds_as_the_tests_of_lir_expect_them() {
    let inf = f64::INFINITY;
    let cases: [(&[f64], &[u8], f64, f64); 3] = [
        (&[0.01, 0.1, 1.0, 10.0, 100.0], &[0, 0, 1, 1, 1], 0.380_189_4, 1.479_108_4),
        (&[0.01, 0.1, 1.0, 10.0, 100.0], &[0, 0, 0, 1, 1], 0.676_083_0, 2.630_268_0),
        (&[inf, inf, inf, 0.0, 0.0, 0.0], &[1, 1, 1, 0, 0, 0], 0.338_844_2, 2.951_209_2),
    ];
    for (values, truth, low, high) in cases {
        let (a, b) = bound::elub(&lrs(values, truth)).unwrap();
        assert!(
            (10f64.powf(a) - low).abs() < 1e-6 && (10f64.powf(b) - high).abs() < 1e-6,
            "{a} {b}"
        );
    }
}

/// `n` scores of each class, normal, `apart` standard deviations apart, each of
/// its own source.
fn normal(n: usize, apart: f64, seed: u64) -> Vec<Labelled> {
    let mut random = bootstrap::Random(seed);
    let mut uniform = move || (random.bits() >> 11) as f64 / (1u64 << 53) as f64 + 1e-17;
    let one = |source: usize| {
        let h1 = source.is_multiple_of(2);
        let z = (-2.0 * uniform().ln()).sqrt() * (std::f64::consts::TAU * uniform()).cos();
        Labelled { score: z + if h1 { apart } else { 0.0 }, h1, source }
    };
    (0..2 * n).map(one).collect()
}

#[test]
fn normal_scores_have_the_ratio_of_their_densities() {
    // Two normal densities a apart: ln LR = a x − a²/2, AUC = Φ(a/√2).
    let all = normal(3000, 2.0, 3);
    let fitted = Calibrator::fit(&all, Method::Logistic).unwrap();
    let kde = Calibrator::fit(&all, Method::Kde).unwrap();
    for x in [-1.0, 0.0, 1.0, 2.0, 3.0] {
        let truth = (2.0 * x - 2.0) / std::f64::consts::LN_10;
        assert!((fitted.log10_lr(x) - truth).abs() < 0.12, "{x}: {}", fitted.log10_lr(x));
        assert!((kde.log10_lr(x) - truth).abs() < 0.3, "{x}: {}", kde.log10_lr(x));
    }
    let auc = roc::auc(&all).unwrap();
    assert!((auc - 0.921_35).abs() < 0.01, "{auc}");
    let (low, high) = bootstrap::interval(&all, 300, 1, roc::auc).unwrap();
    assert!(low < auc && auc < high && high - low < 0.03);
}

#[test]
fn shuffled_labels_cost_one_bit() {
    let all = normal(500, 2.0, 5);
    let shuffled: Vec<_> =
        all.iter().map(|i| Labelled { h1: (i.source / 2) % 2 == 0, ..*i }).collect();
    let fitted = Calibrator::fit(&shuffled, Method::Logistic).unwrap();
    let cllr = cost::cllr(&rescored(&shuffled, |s| fitted.log10_lr(s))).unwrap();
    assert!((cllr - 1.0).abs() < 0.02, "{cllr}");
}

#[test]
fn an_interval_over_sources_is_wider_than_one_over_copies() {
    // Every score ten times: nothing was added, and the interval knows.
    let few = normal(30, 1.0, 9);
    let copies: Vec<_> = few.iter().flat_map(|i| [*i; 10]).collect();
    let width = |items: &[Labelled]| {
        let (low, high) = bootstrap::interval(items, 400, 1, roc::auc).unwrap();
        high - low
    };
    assert!((width(&few) - width(&copies)).abs() < 1e-12);
    let parted: Vec<_> =
        copies.iter().enumerate().map(|(source, i)| Labelled { source, ..*i }).collect();
    assert!(width(&parted) < 0.5 * width(&few));
}

#[test]
fn two_copies_of_one_score_say_no_more_than_one() {
    let all = normal(400, 2.0, 11);
    let one: Vec<_> = all.iter().map(|i| (vec![Some(i.score)], i.h1)).collect();
    let two: Vec<_> = all.iter().map(|i| (vec![Some(i.score), Some(i.score)], i.h1)).collect();
    let (one, two) = (fuse::Fusion::fit(&one).unwrap(), fuse::Fusion::fit(&two).unwrap());
    for x in [-2.0, 0.0, 2.0, 4.0] {
        let (a, b) = (one.log10_lr(&[Some(x)]), two.log10_lr(&[Some(x), Some(x)]));
        // The ridge weighs less on two slopes of one thing: 2 % here.
        assert!((a - b).abs() < 0.03 * a.abs() + 0.01, "{a} against {b}");
        assert!((b - 2.0 * a).abs() > 0.3 * a.abs(), "a product would be {}", 2.0 * a);
    }
    // Missing at random says nothing.
    let gaps: Vec<_> =
        all.iter().map(|i| (vec![(i.source / 2 % 3 != 0).then_some(i.score)], i.h1)).collect();
    let gaps = fuse::Fusion::fit(&gaps).unwrap();
    assert!(gaps.log10_lr(&[None]).abs() < 0.1, "{}", gaps.log10_lr(&[None]));
}

#[test]
fn e_values_keep_their_promise() {
    // Under "untouched" p is uniform: the mean of e is 1 (here: of a fine grid).
    let n = 1_000_000;
    let mean =
        (0..n).map(|i| evalue::from_p((f64::from(i) + 0.5) / f64::from(n)).unwrap()).sum::<f64>()
            / f64::from(n);
    assert!((mean - 1.0).abs() < 0.01, "{mean}");
    assert_eq!(evalue::combine(&[0.5, 49.5]), Some(25.0));
    assert!((evalue::from_log10_nfa(-4.0).unwrap() - 50.0).abs() < 1e-9);
    assert_eq!(evalue::from_log10_nfa(3.0), Some(0.5));
    assert_eq!((evalue::from_p(0.0), evalue::combine(&[])), (None, None));
}

#[test]
fn words_go_both_ways_and_an_edge_to_the_weaker() {
    let (h1, h2) = (Text::new("swapped", "verwisseld"), Text::new("untouched", "onaangetast"));
    let en = |x: f64| words::support(x, &h1, &h2).en;
    assert!(en(0.3).contains("no support") && en(-0.3).contains("no support"));
    assert!(en(1.0).contains("weak support") && en(1.001).contains("moderate support"));
    assert!(en(6.0).contains(" very strong") && en(6.1).contains("extremely strong"));
    assert!(
        en(3.5)
            .starts_with("The finding gives strong support for the proposition \"swapped\" over")
    );
    assert!(
        en(-3.5)
            .starts_with("The finding gives strong support for the proposition \"untouched\" over")
    );
    assert!(
        words::support(-2.0, &h1, &h2)
            .nl
            .contains("matige steun voor de hypothese \"onaangetast\"")
    );
}

fn reference(items: &[Labelled], condition: &[reference::Condition]) -> reference::Reference {
    let row = |i: &Labelled| reference::Row {
        source: i.source.to_string(),
        item: None,
        h1: i.h1,
        check: "blend".into(),
        score: i.score,
        condition: condition.to_vec(),
    };
    reference::Reference {
        schema: 1,
        conditions: vec!["width".into(), "codec".into()],
        rows: items.iter().map(row).collect(),
        ..reference::Reference::default()
    }
}

#[test]
fn a_ratio_is_given_with_its_bounds_or_refused_with_the_reason() {
    use reference::Condition::{Number, Word};
    let here = [Number(640.0), Word("h264".into())];
    let set = reference(&normal(200, 2.5, 21), &here);
    let like = |w: f64, c: &str| vec![Some(Number(w)), Some(Word(c.into()))];
    let ask = |x: f64, case: &[Option<reference::Condition>]| {
        set.evaluate("blend", x, case, Method::Logistic)
    };
    let found = ask(2.0, &like(720.0, "h264")).unwrap();
    assert!(found.interval.0 <= found.log10_lr && found.log10_lr <= found.interval.1);
    assert!(!found.bound_hit() && !found.outside && found.sources == [200, 200]);
    // ln LR = 2.5·2 − 2.5²/2
    assert!(
        (found.unbounded - 1.875 / std::f64::consts::LN_10).abs() < 0.25,
        "{}",
        found.unbounded
    );
    let cllr = found.cllr().unwrap();
    assert!(cllr[0] < 0.6 && cllr[2] < 0.1, "{cllr:?}");
    // Of normal scores 2.5 apart 10.6 % lie on the wrong side of the middle.
    let [h1, h2] = found.misleading();
    assert!((h1 + h2) / 2.0 < 0.16 && (h1 + h2) / 2.0 > 0.06, "{h1} {h2}");
    assert!((found.eer().unwrap() - (h1 + h2) / 2.0).abs() < 0.03);
    let (auc, low, high) = found.auc().unwrap();
    assert!(low < auc && auc < high && (auc - 0.961).abs() < 0.02, "{auc}");
    assert_eq!(found.coverage, Some(1.0));
    let far = ask(50.0, &like(640.0, "h264")).unwrap();
    assert!(far.bound_hit() && far.outside && far.log10_lr == far.bounds.1);
    // The bound cuts both ends of the interval; what it was before stands beside it.
    assert!(
        far.interval.0 == far.interval.1 && far.unbounded_interval.0 < far.unbounded_interval.1
    );
    assert!(far.log10_lr < 401f64.log10(), "no more than the set can carry");
    let why = |case: &[Option<reference::Condition>]| ask(2.0, case).unwrap_err().0.en;
    assert!(why(&like(1920.0, "h264")).contains("near enough"));
    assert!(why(&like(640.0, "vp9")).contains("near enough"));
    assert!(why(&[None, Some(Word("h264".into()))]).contains("width"));
    assert!(set.evaluate("gop", 1.0, &like(640.0, "h264"), Method::Logistic).is_err());
    // Scores that say nothing cost more than a bit when held out.
    let blind = reference(&normal(40, 0.0, 4), &here);
    let refusal = blind.evaluate("blend", 1.0, &like(640.0, "h264"), Method::Logistic).unwrap_err();
    assert!(refusal.0.en.contains("C_llr"));
    // Nor do scores that run the other way, however well they tell.
    let turned = reference(&rescored(&normal(200, 2.5, 21), |x| -x), &here);
    let refusal =
        turned.evaluate("blend", 2.0, &like(640.0, "h264"), Method::Logistic).unwrap_err();
    assert!(refusal.0.en.contains("AUC 0.0"), "{}", refusal.0.en);
    let bare = reference::Reference { conditions: Vec::new(), ..set.clone() };
    let refusal = bare.evaluate("blend", 2.0, &[], Method::Logistic).unwrap_err();
    assert!(refusal.0.en.contains("no condition") && refusal.0.nl.contains("geen conditie"));
    let few = reference(&normal(15, 2.5, 21), &here);
    let refusal = few.evaluate("blend", 1.0, &like(640.0, "h264"), Method::Logistic).unwrap_err();
    assert!(refusal.0.en.contains("needs 20") && refusal.0.nl.contains("20"));
}

#[test]
fn checks_are_weighed_together_and_a_copy_adds_nothing() {
    use reference::Condition::{Number, Word};
    let here = [Number(640.0), Word("h264".into())];
    let case = [Some(Number(640.0)), Some(Word("h264".into()))];
    let first = normal(150, 1.5, 21);
    let mut set = reference(&first, &here);
    let add = |set: &mut reference::Reference, name: &str, scores: &[Labelled]| {
        let more = reference(scores, &here).rows.into_iter();
        set.rows.extend(more.map(|row| reference::Row { check: name.into(), ..row }));
    };
    add(&mut set, "copy", &first);
    // Independent of the first, of the same items.
    let second: Vec<Labelled> = normal(150, 1.5, 22)
        .iter()
        .zip(&first)
        .map(|(other, item)| {
            assert_eq!(other.h1, item.h1);
            Labelled { score: other.score, ..*item }
        })
        .collect();
    add(&mut set, "other", &second);
    let names = |list: &[&str]| list.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
    let one = set.evaluate("blend", 1.5, &case, Method::Logistic).unwrap();
    let copies = set.fuse(&names(&["blend", "copy"]), &[Some(1.5); 2], &case).unwrap();
    assert!((copies.unbounded - one.unbounded).abs() < 0.05, "{}", copies.unbounded);
    assert!(copies.bounds.1 <= one.bounds.1 + 0.1, "a copy makes no set stronger");
    // Of independent scores the weights add up.
    let both = set.fuse(&names(&["blend", "other"]), &[Some(1.5); 2], &case).unwrap();
    let other = set.evaluate("other", 1.5, &case, Method::Logistic).unwrap();
    let sum = one.unbounded + other.unbounded;
    assert!((both.unbounded - sum).abs() < 0.2, "{} {sum}", both.unbounded);
    assert!(both.cllr().unwrap()[0] < one.cllr().unwrap()[0]);
    // A score that could not be measured leaves the other about what it is.
    let half = set.fuse(&names(&["blend", "other"]), &[Some(1.5), None], &case).unwrap();
    assert!((half.unbounded - one.unbounded).abs() < 0.3, "{}", half.unbounded);
    let why = |checks: &[&str], scores: &[Option<f64>]| {
        set.fuse(&names(checks), scores, &case).unwrap_err().0.en
    };
    assert!(why(&["blend", "other"], &[None, None]).contains("no score"));
    assert!(why(&["blend", "gop"], &[Some(1.0), None]).contains("more than one"));
    let mut twice = set.clone();
    twice.rows.extend(set.rows.clone());
    let refusal = twice.fuse(&names(&["blend", "other"]), &[Some(1.5); 2], &case).unwrap_err();
    assert!(refusal.0.en.contains("apart") && refusal.0.nl.contains("item"));
}

#[test]
fn a_set_with_one_class_defines_nothing() {
    let one: Vec<_> = normal(20, 1.0, 1).into_iter().filter(|i| i.h1).collect();
    assert_eq!((roc::auc(&one), roc::eer(&one), cost::cllr(&one)), (None, None, None));
    assert!(bound::elub(&one).is_none() && Calibrator::fit(&one, Method::Logistic).is_none());
    assert!(bootstrap::interval(&one, 10, 1, roc::auc).is_none());
    assert!(plots::tippett(&one).is_none() && plots::entropy(&one).is_none());
}

#[test]
fn a_jpeg_quality_is_near_by_its_steps_and_not_by_its_number() {
    use super::reference::{Condition, Reference, Row};
    let row = |h1: bool, i: usize| Row {
        source: format!("{h1}{i}"),
        item: None,
        h1,
        check: "c".into(),
        score: i as f64 / 15.0 + if h1 { 1.5 } else { 0.0 },
        condition: vec![Condition::Number(90.0)],
    };
    let set = |name: &str| Reference {
        conditions: vec![name.to_owned()],
        rows: (0..60).flat_map(|i| [row(true, i), row(false, i)]).collect(),
        ..Reference::default()
    };
    let given = |name: &str, quality: f64| {
        let case = [Some(Condition::Number(quality))];
        set(name).evaluate("c", 3.0, &case, Method::Logistic).is_ok()
    };
    let quality = "jpeg-quantisation.quality_luma";
    // Steps of 20 % at quality 90: 10 to 40 % are qualities 95 to 80.
    assert!(given(quality, 90.0) && given(quality, 95.0) && given(quality, 80.0));
    assert!(!given(quality, 96.0) && !given(quality, 79.0) && !given(quality, 50.0));
    assert!(given("kbps", 50.0) && given("kbps", 180.0) && !given("kbps", 40.0));
}
