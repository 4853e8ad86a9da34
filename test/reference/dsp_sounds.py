"""Writes test/fixtures/dsp/tone.*: half a second of 440 Hz at amplitude 0.5, 44.1 kHz mono (stereo with a second
tone of 660 Hz for tone-stereo.mp3), in the kinds of file that people have.

Run: python test/reference/dsp_sounds.py   (needs: ffmpeg)
"""
import pathlib
import subprocess

out = pathlib.Path(__file__).parent.parent / "fixtures" / "dsp"
left, right = (f"0.5*sin(2*PI*{hz}*t)" for hz in (440, 660))


def write(name, *options, sound=left):
    source = f"aevalsrc='{sound}':d=0.5:s=44100"
    quiet = ["-v", "error", "-y", "-f", "lavfi", "-i", source, "-map_metadata", "-1", "-bitexact"]
    subprocess.run(["ffmpeg", *quiet, *options, str(out / name)], check=True)


write("tone.mp3", "-b:a", "64k")
write("tone-stereo.mp3", "-b:a", "64k", sound=f"{left}|{right}")
write("tone.ogg", "-c:a", "libvorbis")
write("tone.opus", "-b:a", "32k")
write("tone.flac", "-sample_fmt", "s16")
write("tone.m4a", "-c:a", "aac", "-b:a", "48k")
write("tone.aiff", "-ar", "16000")
write("tone.webm", "-c:a", "libopus", "-b:a", "32k")
