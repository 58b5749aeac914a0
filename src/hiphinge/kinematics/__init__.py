"""From sensors to segments, from segments to joint angles, from bends to a person's range."""
