"""The yardstick of a start: a bare Textual app with a header, a footer and one list of 50 rows."""

from textual.app import App, ComposeResult
from textual.widgets import Footer, Header, OptionList


class Bare(App[None]):
    """Nothing but the framework."""

    BINDINGS = [("q", "quit", "Quit"), ("n", "new", "New")]

    def compose(self) -> ComposeResult:
        yield Header()
        yield OptionList(*[f"row {i:06d} some words in a title" for i in range(50)])
        yield Footer()


if __name__ == "__main__":
    Bare().run()
