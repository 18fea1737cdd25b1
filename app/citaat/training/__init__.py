"""What a user trains: a static encoder, a model adapted to own texts, the ranking fitted to question sets."""
