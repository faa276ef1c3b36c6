"""The instant tier, as capture cases ask it."""

from support.captures import Told


def closures_of(source: str, edition: str) -> list[Told]:
    """The closures and async blocks of a text on its own, by the instant tier; certain and uncertain ones."""
    raise NotImplementedError(
        f"the instant tier is not connected to the capture cases ({len(source)} characters, {edition})"
    )
