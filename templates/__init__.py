"""Task types with their fields, choices and every wording, one YAML file each."""
