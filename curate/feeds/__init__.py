"""What others publish, made safe and uniform."""
