"""A believable clinic to look around in; made through the services, like a real one."""
