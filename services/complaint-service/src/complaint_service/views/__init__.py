"""What is answered about cases. Only reads."""
