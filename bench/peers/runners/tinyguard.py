"""This project's own guard, through the adapter that the quality judge uses."""

PACKAGE = None


def load(folder=None):
    from bench.detector import TinyGuardDetector

    detector = TinyGuardDetector(folder)

    def score(text):
        (value,) = detector.scores([text])
        return value, value >= detector.threshold

    model = detector.guard.info()["model"]
    files = model["files"]
    weights = "weights.bin" if "weights.bin" in files else "fast.onnx"  # small graphs hold theirs
    score.version = f"{model['name']} {model['version']}, {weights} sha256 {files[weights]['sha256'][:12]}"
    return score
