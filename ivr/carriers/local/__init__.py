"""The built-in carrier: plays Twilio's part over real HTTP, for a machine with no account anywhere.

It knows nothing of our side of Twilio: it asks the addresses it is given, signs as Twilio signs, and runs the TwiML
that it gets.
"""
