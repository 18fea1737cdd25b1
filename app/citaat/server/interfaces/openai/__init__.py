"""OpenAI's interfaces over this library: chat completions, responses, models and vector stores."""
