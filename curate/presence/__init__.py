"""What crosses the rooms: publishing, the unattended pass, the day on one screen, the health of it all."""
