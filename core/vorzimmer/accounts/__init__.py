"""Logins: who has one, with which role, and what proves it. A use case a file, `(session, hall, actor, …)`."""

from vorzimmer.accounts.app_passwords import (
    add_app_password,
    app_passwords,
    make_app_password,
    revoke_app_password,
)
from vorzimmer.accounts.change import block, change, end_sessions, unblock, unlock
from vorzimmer.accounts.found import customers_only, is_owner, may_manage, staff_accounts, state
from vorzimmer.accounts.invite import Invitation, invite, start_reset, take_back
from vorzimmer.accounts.keys import (
    NewKey,
    add_api_key,
    drop_key,
    find_key,
    is_due,
    is_over,
    make_key,
    note_use,
    revoke_key,
    staff_keys,
)
from vorzimmer.accounts.links import EMAIL, INVITE, RESET, ask_reset, bound, set_password
from vorzimmer.accounts.logins import (
    PASSWORDS,
    add_account,
    digest,
    is_locked,
    normal,
    refused,
)
from vorzimmer.accounts.own import (
    ask_email,
    change_own,
    change_password,
    confirm_email,
    end_own_sessions,
    own_sessions,
)
from vorzimmer.accounts.passwords import SHORTEST, why_weak
from vorzimmer.accounts.roles import BUILT_IN, OWNER, add_role, change_role, delete_role, office_roles
from vorzimmer.accounts.shown_calendars import other_calendars, show_calendars, shown_calendars

__all__ = [
    "BUILT_IN",
    "EMAIL",
    "INVITE",
    "OWNER",
    "PASSWORDS",
    "RESET",
    "SHORTEST",
    "Invitation",
    "NewKey",
    "add_account",
    "add_api_key",
    "add_app_password",
    "add_role",
    "app_passwords",
    "ask_email",
    "ask_reset",
    "block",
    "bound",
    "change",
    "change_own",
    "change_password",
    "change_role",
    "confirm_email",
    "customers_only",
    "delete_role",
    "digest",
    "drop_key",
    "end_own_sessions",
    "end_sessions",
    "find_key",
    "invite",
    "is_due",
    "is_locked",
    "is_over",
    "is_owner",
    "make_app_password",
    "make_key",
    "may_manage",
    "normal",
    "note_use",
    "office_roles",
    "other_calendars",
    "own_sessions",
    "refused",
    "revoke_app_password",
    "revoke_key",
    "set_password",
    "show_calendars",
    "shown_calendars",
    "staff_accounts",
    "staff_keys",
    "start_reset",
    "state",
    "take_back",
    "unblock",
    "unlock",
    "why_weak",
]
