"""Prints as JSON what TensorBoard reads from a run folder.

    python Tests/read_events.py RUN
"""

import io
import json
import sys
import wave

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

sizes = {"scalars": 0, "images": 0, "audio": 0, "tensors": 0}
events = EventAccumulator(sys.argv[1] + "/tensorboard", size_guidance=sizes)
events.Reload()
tags = events.Tags()


def sound(event):
    with wave.open(io.BytesIO(event.encoded_audio_string)) as file:
        return [event.step, event.sample_rate, event.length_frames, file.getnframes()]


print(
    json.dumps(
        {
            "scalars": {
                tag: [[e.step, e.value] for e in events.Scalars(tag)] for tag in tags["scalars"]
            },
            "images": {
                tag: [
                    [e.step, e.width, e.height, int(e.encoded_image_string[:4] == b"\x89PNG")]
                    for e in events.Images(tag)
                ]
                for tag in tags["images"]
            },
            "audio": {tag: [sound(e) for e in events.Audio(tag)] for tag in tags["audio"]},
        }
    )
)
