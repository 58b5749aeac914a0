"""The only reader and writer of configuration: settings, calibration files, where they are kept."""

from hiphinge.settings.calibration_file import (
    keep_calibration,
    keep_sensor_record,
    kept_calibration,
    kept_sensor_record,
    read_calibration,
    read_sensor_record,
    sensor_path,
    wearer_path,
    write_calibration,
    write_sensor_record,
)
from hiphinge.settings.calibration_text import (
    SensorRecord,
    calibration_from_json,
    calibration_id,
    calibration_to_json,
    sensor_record_from_json,
    sensor_record_to_json,
)
from hiphinge.settings.feedback import Feedback
from hiphinge.settings.keeping import Goals, Retention
from hiphinge.settings.params import Setting, from_json, from_recording, names, override, to_json
from hiphinge.settings.places import home, private_folder, settings_file, write_private
from hiphinge.settings.secrets_file import Secret, Secrets, load_secrets
from hiphinge.settings.toml_file import load, save

__all__ = [
    "Feedback",
    "Goals",
    "Retention",
    "Secret",
    "Secrets",
    "SensorRecord",
    "Setting",
    "calibration_from_json",
    "calibration_id",
    "calibration_to_json",
    "from_json",
    "from_recording",
    "home",
    "keep_calibration",
    "keep_sensor_record",
    "kept_calibration",
    "kept_sensor_record",
    "load",
    "load_secrets",
    "names",
    "override",
    "private_folder",
    "read_calibration",
    "read_sensor_record",
    "save",
    "sensor_path",
    "sensor_record_from_json",
    "sensor_record_to_json",
    "settings_file",
    "to_json",
    "wearer_path",
    "write_calibration",
    "write_private",
    "write_sensor_record",
]
