"""Tells people about finished snapshots: rules find events, channels deliver them.

    config     the user's TOML file: rules and channels
    rules      what each kind of rule looks for
    channels   webhook and e-mail
    telling    applies rules once, delivers until it is done

Events and deliveries are kept in the database: a process may die anywhere in between.
"""
