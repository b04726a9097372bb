"""Address formats: text to decoded bytes and back; `table` names every codec."""
