"""An instruction set made on purpose beside our pairs: read, sampled, measured alike, and told in plain words."""
