"""MediaPipe's iris points on scikit-image's `astronaut`, either eye mirrored.

    pip install mediapipe==0.10.21 scikit-image      (Python 3.11)
    python iris_mediapipe.py

MediaPipe's graph iris_tracking calls the eye of points 33 and 133 "left" and
that of 362 and 263 "right", as a viewer does; iris_landmark_left_and_right
shows the network the "right" one mirrored ("model is trained to detect left
eye landmarks only") and mirrors x back without renumbering the points. So the
eye that is mirrored is the subject's LEFT one. This script runs that graph
with the calculators that the wheel carries, on FaceMesh's own points, both
ways, and holds either against a network that knows nothing of the question:
FaceMesh with refine_landmarks (attention mesh), whose irises are trained on
whole faces. It numbers the edge alike for both eyes, towards the picture's
right first; a mirrored answer has points 1 and 3 exchanged. Mean distance to
it in pixels, points paired by place:

    subject's right  as it is 0.37   mirrored 0.86
    subject's left   as it is 1.04   mirrored 0.37

It proves which eye MediaPipe mirrors and that this suits the network; the
attention mesh is not the truth, only an independent witness.
"""
import numpy as np
import mediapipe as mp
from mediapipe.framework.formats import landmark_pb2
from mediapipe.python import packet_creator, packet_getter
from mediapipe.python._framework_bindings import calculator_graph, image_frame
from skimage import data

GRAPH = """
input_stream: "IMAGE:image"
input_stream: "LANDMARKS:landmarks"
output_stream: "iris"
output_stream: "contour"
output_stream: "roi"
node { calculator: "ImagePropertiesCalculator" input_stream: "IMAGE:image" output_stream: "SIZE:size" }
node { calculator: "LandmarksToDetectionCalculator" input_stream: "NORM_LANDMARKS:landmarks" output_stream: "DETECTION:detection" }
node { calculator: "DetectionsToRectsCalculator" input_stream: "DETECTION:detection" input_stream: "IMAGE_SIZE:size" output_stream: "NORM_RECT:raw_roi"
  options: { [mediapipe.DetectionsToRectsCalculatorOptions.ext] { rotation_vector_start_keypoint_index: 0 rotation_vector_end_keypoint_index: 1 rotation_vector_target_angle_degrees: 0 } } }
node { calculator: "RectTransformationCalculator" input_stream: "NORM_RECT:raw_roi" input_stream: "IMAGE_SIZE:size" output_stream: "roi"
  options: { [mediapipe.RectTransformationCalculatorOptions.ext] { scale_x: 2.3 scale_y: 2.3 square_long: true } } }
node { calculator: "ImageToTensorCalculator" input_stream: "IMAGE:image" input_stream: "NORM_RECT:roi" output_stream: "TENSORS:input" output_stream: "LETTERBOX_PADDING:padding"
  options: { [mediapipe.ImageToTensorCalculatorOptions.ext] { output_tensor_width: 64 output_tensor_height: 64 keep_aspect_ratio: true border_mode: BORDER_REPLICATE output_tensor_float_range { min: 0.0 max: 1.0 } } } }
node { calculator: "InferenceCalculator" input_stream: "TENSORS:input" output_stream: "TENSORS:output"
  options: { [mediapipe.InferenceCalculatorOptions.ext] { model_path: "mediapipe/modules/iris_landmark/iris_landmark.tflite" delegate { xnnpack {} } } } }
node { calculator: "SplitTensorVectorCalculator" input_stream: "output" output_stream: "contour_t" output_stream: "iris_t"
  options: { [mediapipe.SplitVectorCalculatorOptions.ext] { ranges: { begin: 0 end: 1 } ranges: { begin: 1 end: 2 } } } }
node { calculator: "TensorsToLandmarksCalculator" input_stream: "TENSORS:iris_t" output_stream: "NORM_LANDMARKS:iris_l"
  options: { [mediapipe.TensorsToLandmarksCalculatorOptions.ext] { num_landmarks: 5 input_image_width: 64 input_image_height: 64 } } }
node { calculator: "TensorsToLandmarksCalculator" input_stream: "TENSORS:contour_t" output_stream: "NORM_LANDMARKS:contour_l"
  options: { [mediapipe.TensorsToLandmarksCalculatorOptions.ext] { num_landmarks: 71 input_image_width: 64 input_image_height: 64 } } }
node { calculator: "LandmarkLetterboxRemovalCalculator" input_stream: "LANDMARKS:0:iris_l" input_stream: "LANDMARKS:1:contour_l" input_stream: "LETTERBOX_PADDING:padding" output_stream: "LANDMARKS:0:iris_p" output_stream: "LANDMARKS:1:contour_p" }
node { calculator: "LandmarkProjectionCalculator" input_stream: "NORM_LANDMARKS:0:iris_p" input_stream: "NORM_LANDMARKS:1:contour_p" input_stream: "NORM_RECT:roi" output_stream: "NORM_LANDMARKS:0:iris" output_stream: "NORM_LANDMARKS:1:contour" }
"""

def run(img, corners, flip):
    # The wheel lacks ImageTransformationCalculator's crop; mirroring the whole
    # picture and its corners, and the answer back, is the same as mirroring
    # the crop and (as TensorsToLandmarksCalculator does) the x of the points.
    if flip:
        img = np.ascontiguousarray(img[:, ::-1])
        corners = landmark_pb2.NormalizedLandmarkList(landmark=[
            landmark_pb2.NormalizedLandmark(x=1 - p.x, y=p.y, z=p.z) for p in reversed(corners.landmark)])
    g = calculator_graph.CalculatorGraph(graph_config=GRAPH)
    out = {}
    for name in ("iris", "contour", "roi"):
        g.observe_output_stream(name, lambda n, p: out.__setitem__(n, packet_getter.get_proto(p)))
    g.start_run()
    g.add_packet_to_input_stream("image", packet_creator.create_image_frame(image_frame.ImageFrame(image_format=mp.ImageFormat.SRGB, data=img)).at(0))
    g.add_packet_to_input_stream("landmarks", packet_creator.create_proto(corners).at(0))
    g.close_all_packet_sources()
    g.wait_until_done()
    h, w = img.shape[:2]
    pts = lambda l: np.array([[(1 - p.x if flip else p.x) * w, p.y * h] for p in l.landmark])
    return pts(out["iris"]), pts(out["contour"]), out["roi"]

img = np.ascontiguousarray(data.astronaut())
mesh = mp.solutions.face_mesh.FaceMesh(static_image_mode=True, max_num_faces=1, refine_landmarks=False).process(img).multi_face_landmarks[0]
att = mp.solutions.face_mesh.FaceMesh(static_image_mode=True, max_num_faces=1, refine_landmarks=True).process(img).multi_face_landmarks[0]
att = np.array([[p.x * 512, p.y * 512] for p in att.landmark])
np.set_printoptions(precision=3, suppress=True)
for name, (a, b), att_iris in [("subject's right (33,133)", (33, 133), att[468:473]), ("subject's left (362,263)", (362, 263), att[473:478])]:
    corners = landmark_pb2.NormalizedLandmarkList(landmark=[mesh.landmark[a], mesh.landmark[b]])
    print("==", name)
    print("attention", att_iris.tolist())
    for flip in (False, True):
        iris, contour, roi = run(img, corners, flip)
        print("flip", flip, "roi", roi.x_center*512, roi.y_center*512, roi.width*512, roi.rotation)
        print(" iris", np.round(iris, 3).tolist())
        far = lambda o: np.hypot(*(iris - o).T).mean()
        print(f"  to attention: mean {far(att_iris):.3f} px, 1<->3 {far(att_iris[[0, 3, 2, 1, 4]]):.3f} px")
