"""The interfaces that clients know: our own, OpenAI's, Anthropic's and the Model Context Protocol; one file or folder each."""
