"""What a user of this room can put right."""


class TrainingError(Exception):
    """Something about the data, the settings, the model or the server is wrong; the message says what to do."""
