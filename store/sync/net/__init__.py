"""The server as the engine sees it (``remote``), over HTTP, and its doorbells (``live``)."""
