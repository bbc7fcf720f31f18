"""What is behind the recognisers' protocol: one file per engine, each imported only when it is used."""
