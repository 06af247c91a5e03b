# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Build what the user is told: results, diff, warnings and the one sentence.

Private to this collection. Pure. Built from names, places, fingerprints and outcomes, none of which is a secret.
Whatever a file's owner could have put into one of them is made harmless here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ansible_collections.npmops.auth.plugins.module_utils._accounts import Account
from ansible_collections.npmops.auth.plugins.module_utils._clients import ENVIRONMENT
from ansible_collections.npmops.auth.plugins.module_utils._errors import Problem, show
from ansible_collections.npmops.auth.plugins.module_utils._files.replace import Edit
from ansible_collections.npmops.auth.plugins.module_utils._npm.connection_options import AUTOMATIC, DriverOptions
from ansible_collections.npmops.auth.plugins.module_utils._npm.credentials import CERTIFICATE, HELPER, TOKEN, Credential
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import Registry, host_of
from ansible_collections.npmops.auth.plugins.module_utils._npm.settings import Format
from ansible_collections.npmops.auth.plugins.module_utils._outcomes import (
    ACCEPTED,
    ALREADY_INVALID,
    FAILED,
    INEFFECTIVE,
    NOT_APPLICABLE,
    PENDING,
    PROTECTED,
    REVOKED,
    SKIPPED,
    UNRESOLVED,
    UNSUPPORTED,
    Verdict,
    allows_removal,
)
from ansible_collections.npmops.auth.plugins.module_utils._plan import Settlement, StorePlan, Target, is_held_back
from ansible_collections.npmops.auth.plugins.module_utils._redaction import redact, show_url, show_variable
from ansible_collections.npmops.auth.plugins.module_utils._registry.by_hand import (
    advise_on_password,
    advise_on_token,
    foresee,
)
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret, fingerprint
from ansible_collections.npmops.auth.plugins.module_utils._selection import Selection
from ansible_collections.npmops.auth.plugins.module_utils._stores.nothing import (
    ANY_REGISTRY,
    enumerate_names,
    say_not_logged_in,
    say_not_mapped,
    say_what_is_absent,
)

PROTECTED_VERDICT = Verdict(PROTECTED, "The fingerprint is protected: the token was neither revoked nor removed.")
PENDING_VERDICT = Verdict(PENDING, "Check mode: a real run would ask the registry to revoke this token.")

#: What `attempted` removes without knowing whether the token is still valid.
_PERHAPS_VALID = frozenset({INEFFECTIVE, UNSUPPORTED, FAILED})

_MOST_REASONS = 3


class StoreReport(NamedTuple):
    """What was done with one credential file.

    :ivar verdicts: one for each of the plan's targets.
    :ivar other_names: how many hard links to the old file there are besides this one.
    :ivar is_stuck: the file could not be edited.
    :ivar is_restored: what a killed run had begun to write was finished before the file was read.
    :ivar remaining_text: the lines that still hold the text of a token that this run is about, outside of credentials.
    """

    account: Account
    client: str
    path: str
    form: Format
    plan: StorePlan
    verdicts: tuple[Verdict, ...]
    settlement: Settlement
    edit: Edit
    other_names: int
    is_stuck: bool = False
    remaining_text: tuple[int, ...] = ()
    is_restored: bool = False


@dataclass(frozen=True)
class Report:
    """What a run did.

    :ivar stray: the token that the playbook names by value and that is in no credential file, and its verdict.
    :ivar conceal: takes the secrets out of a name that somebody else has chosen.
    :ivar empty_option: the option whose empty list selects nothing, if there is one.
    :ivar driver: the options of the kind of registry.
    :ivar absent_paths: those of the option ``paths`` where no file is.
    """

    check_mode: bool
    selection: Selection
    stores: tuple[StoreReport, ...]
    problems: tuple[Problem, ...]
    absent_users: tuple[str, ...]
    stray: tuple[Secret, Verdict] | None
    warnings: tuple[str, ...]
    conceal: Callable[[str], str] = str
    empty_option: str | None = None
    absent_paths: tuple[str, ...] = ()
    # Thousands of credentials can have the same few names.
    _shown: dict[str, str] = field(default_factory=dict, compare=False, repr=False)
    driver: DriverOptions = AUTOMATIC

    def show_variables(self, credential: Credential) -> str:
        """The variables that a credential refers to."""
        names = dict.fromkeys(name for reading in credential.readings for name in reading.references)
        return ", ".join(show_variable(self.conceal(name)) for name in names)

    def show_name(self, name: str) -> str:
        """A registry's URL or a setting's name, without the secrets in it."""
        if name not in self._shown:
            self._shown[name] = show_url(self.conceal(name))
        return self._shown[name]

    @property
    def changed(self) -> bool:
        return any(store.edit.changed or store.is_restored for store in self.stores)

    @property
    def judged(self) -> tuple[tuple[StoreReport, Target, Verdict], ...]:
        """The credentials that the run was about, and the verdict on each."""
        return tuple(
            (store, target, verdict)
            for store in self.stores
            for target, verdict in zip(store.plan.targets, store.verdicts)
        )

    @property
    def failures(self) -> tuple[str, ...]:
        """What was left undone, each reason once, with its places; empty when the run did all that it was asked to."""
        sentences = [problem.message for problem in self.problems]
        undone = [(_say(verdict), _locate(store, target)) for store, target, verdict in self.unsettled]
        sentences += [f"{where}: {said}" for said, where in _say_once(undone)]
        if self.stray and not _is_settled(self.stray[1], self.selection.revoke):
            sentences.append(f"The token {fingerprint(self.stray[0])}: {_say(self.stray[1])}")
        return tuple(sentences)

    @property
    def unsettled(self) -> tuple[tuple[StoreReport, Target, Verdict], ...]:
        """The credentials that should have been removed and were not, and why."""
        return tuple(item for item in self.judged if not self._is_done(*item[1:]))

    def _is_done(self, target: Target, verdict: Verdict) -> bool:
        revoke = self.selection.revoke
        return _is_settled(verdict, revoke) and not is_held_back(target.credential, verdict.outcome, revoke)


def foretell(target: Target, driver: DriverOptions = AUTOMATIC) -> Verdict:
    """The verdict on a credential whose registry need not be asked."""
    credential = target.credential
    if target.outcome == PROTECTED:
        return PROTECTED_VERDICT
    if target.outcome == SKIPPED:
        advice = f"{advise_on_token(target.registry, credential.secret, driver)}."
        return Verdict(SKIPPED, "No request was sent (revoke: never): the token is as valid as before.", advice)
    if target.outcome == UNRESOLVED and credential.kind == HELPER:
        detail = "A credential helper (tokenHelper) supplies the token: no secret is in the file."
        return Verdict(UNRESOLVED, detail, "Revoke the token that the credential helper supplies.")
    if target.outcome == UNRESOLVED:
        return _say_unresolved(credential)
    if credential.kind == CERTIFICATE:
        detail = "Certificates cannot be revoked at the registry: this one is valid until it expires."
        is_file = any(reading.name.endswith(":keyfile") for reading in credential.readings)
        rest = ", and delete its key file" if is_file else " by the CA that issued it"
        return Verdict(NOT_APPLICABLE, detail, f"Have the certificate revoked{rest}.")
    if credential.secret is None:
        return Verdict(NOT_APPLICABLE, "There is nothing to revoke: the file contains a user name without a password.")
    detail = "Passwords cannot be revoked at the registry: this one is still valid."
    return Verdict(NOT_APPLICABLE, detail, advise_on_password(target.registry, driver))


def _say_unresolved(credential: Credential) -> Verdict:
    """The verdict on a reference whose value is not known."""
    names = ", ".join(dict.fromkeys(show_variable(name) for name in credential.unset))
    noun = _noun(credential)
    if "<" in names:
        rest = "the text in ${...} is not a variable name, and may be a secret"
        detail = f"The secret is in the environment variable {names}, which is not set on this host: {rest}."
    elif credential.set_by:
        said = " and ".join(credential.set_by)
        detail = (
            f"The environment variable {names} is set {said}: its value is unknown, and the {noun} was not revoked."
        )
    else:
        detail = f"The environment variable {names} is not set on this host: the {noun} was not revoked."
    return Verdict(UNRESOLVED, detail, f"Find where {names} is set, revoke the {noun}, and remove it there.")


def build_result(report: Report) -> dict[str, Any]:
    """The module's results, as its documentation lists them."""
    result: dict[str, Any] = {
        "changed": report.changed,
        "revoked": _count_revoked(report) > 0,
        "credentials": [_describe(report, *item) for item in report.judged],
        "files": [_describe_file(report, store) for store in report.stores],
        "absent_users": [show(name) for name in report.absent_users],
        "diff": [_build_diff(report, store) for store in report.stores if store.edit.changed],
        "msg": _summarize(report),
    }
    if report.stray:
        result["credentials"].append(_describe_stray(report, *report.stray))
    return result


def list_warnings(report: Report) -> tuple[str, ...]:
    """What a person should know although the run did what was asked."""
    warnings = list(report.warnings)
    for store in report.stores:
        for target, verdict in zip(store.plan.targets, store.verdicts):
            if verdict.outcome == UNRESOLVED and not is_held_back(
                target.credential, verdict.outcome, report.selection.revoke
            ):
                warnings.append(f"{_locate(store, target)}: {verdict.detail} {verdict.by_hand}")
        if store.edit.warning:
            warnings.append(store.edit.warning)
        if store.other_names and store.edit.changed:
            warnings.append(
                f"{show(store.path)} has {store.other_names} more hard link(s) with the old content: remove the "
                "credentials there too."
            )
        if store.remaining_text:
            warnings.append(
                f"{_locate_text(store)}: the text of a token is still there, but not as a login: remove it by hand."
            )
    return (*warnings, *_warn_of_valid_tokens(report), *_warn_of_assignments(report))


def _warn_of_assignments(report: Report) -> list[str]:
    """The places where a variable is still set whose token this run was about."""
    left = _list_left_assignments(report, report.stores)
    in_files = [(names, f"{show(path)} line {line}") for names, path, line in left if line]
    in_processes = [(names, show(path)) for names, path, line in left if not line]
    return [
        *(
            f"{where}: {names} is still set there. To remove it, add environment to clients and the level of the "
            "file to levels, or edit the file."
            for names, where in _say_once(in_files)
        ),
        *(
            f"{where}: {names} is still set there. Restart the process without it."
            for names, where in _say_once(in_processes)
        ),
    ]


def _list_left_assignments(report: Report, stores: Iterable[StoreReport]) -> list[tuple[str, str, int | None]]:
    """Variables, path and line of what is still set although the references in these files go; no line in a process."""
    left = [
        (report.show_variables(target.credential), place, target.credential.secret)
        for store in stores
        for target, verdict in zip(store.plan.targets, store.verdicts)
        if store.client != ENVIRONMENT and verdict.outcome != PROTECTED
        for place in target.credential.set_in
    ]
    edited = {
        (place, target.credential.secret)
        for store, target, _verdict in (report.judged if left else ())
        if store.client == ENVIRONMENT
        for place in target.credential.set_in
    }
    return list(dict.fromkeys((names, *place) for names, place, secret in left if (place, secret) not in edited))


def _warn_of_valid_tokens(report: Report) -> list[str]:
    """What `attempted` removes although the token may still be valid, each reason once."""
    gone = [
        (f"{verdict.detail} {_advise(report, target, verdict, removed=True)}", _locate(store, target))
        for store, target, verdict in report.judged
        if verdict.outcome in _PERHAPS_VALID and target.credential in store.settlement.removed
    ]
    warnings = [f"{where}: removed, but the token may still work. {said}" for said, where in _say_once(gone)]
    if (
        report.stray
        and report.stray[1].outcome in _PERHAPS_VALID
        and _is_settled(report.stray[1], report.selection.revoke)
    ):
        warnings.append(f"The token {fingerprint(report.stray[0])} may still work. {_say(report.stray[1])}")
    return warnings


def _describe(report: Report, store: StoreReport, target: Target, verdict: Verdict) -> dict[str, Any]:
    credential = target.credential
    removed = credential in store.settlement.removed or _is_set_nowhere_now(report, store, credential)
    detail = verdict.detail
    if credential.kind == CERTIFICATE and not removed and _waits_for_a_token(report, store):
        detail = "Kept for now: it is needed to contact the registry about a remaining token."
    return {
        "account": store.account.name,
        "path": show(store.path),
        "line": credential.line,
        "client": store.client,
        "registry": _name_registry(report, target),
        "registry_key": report.show_name(target.key) or None,
        "registries": [report.show_name(registry.url) for registry in target.registries],
        "settings": [report.show_name(name) for name in credential.keys],
        "kind": credential.kind,
        "source": ENVIRONMENT if store.client == ENVIRONMENT else credential.source,
        "set_in": [{"path": show(path), "line": line} for path, line in credential.set_in],
        "fingerprint": credential.fingerprint,
        "revocation": verdict.outcome,
        "detail": detail,
        "by_hand": _advise_on_file(report, store, verdict) or _advise(report, target, verdict, removed),
        **_describe_kind(report, target.registry, credential.secret if credential.kind == TOKEN else None, verdict),
        "own_connection": verdict.own_connection,
        "removed": removed,
    }


def _is_set_nowhere_now(report: Report, store: StoreReport, credential: Credential) -> bool:
    """Does a reference stay for another value of its variable, while all assignments of this one go?"""
    if store.client == ENVIRONMENT or credential.source != ENVIRONMENT or not credential.set_in:
        return False
    gone = {
        place
        for other in report.stores
        if other.client == ENVIRONMENT and not other.is_stuck
        for item in other.settlement.removed
        if item.secret == credential.secret
        for place in item.set_in
    }
    return gone.issuperset(credential.set_in)


def _describe_kind(
    report: Report, registry: Registry | None, token: Secret | None, verdict: Verdict
) -> dict[str, str | list[str] | None]:
    """What is known of a credential by the kind of its registry: told by an answer, or else foreseen."""
    foreseen = foresee(registry, token, report.driver)
    is_pending = verdict.outcome == PENDING
    return {
        "registry_kind": verdict.kind or foreseen.kind,
        "expires": verdict.expires or foreseen.expires,
        "side_effects": list(foreseen.side_effects if is_pending else verdict.side_effects),
    }


def _advise_on_file(report: Report, store: StoreReport, verdict: Verdict) -> str | None:
    """What is left by hand where the file could not be edited, although the outcome allows the removal."""
    if not store.is_stuck or not allows_removal(verdict.outcome, report.selection.revoke):
        return None
    advice = "Make the file writable, or edit the source that generates it, then run again."
    return f"{advice} {verdict.by_hand}" if verdict.by_hand else advice


def _advise(report: Report, target: Target, verdict: Verdict, removed: bool) -> str | None:
    """What is left by hand. Where the lines were removed all the same, another run would not find the token."""
    if verdict.outcome == FAILED and removed:
        return f"{advise_on_token(target.registry, target.credential.secret, report.driver)}."
    return verdict.by_hand


def _waits_for_a_token(report: Report, store: StoreReport) -> bool:
    """Is a token left that its registry has to be asked about again?"""
    return any(not _is_settled(verdict, report.selection.revoke) for verdict in store.verdicts)


def _describe_stray(report: Report, token: Secret, verdict: Verdict) -> dict[str, Any]:
    registry = report.selection.registry
    return {
        "account": None,
        "path": None,
        "line": None,
        "client": None,
        "registry": show_url(registry.url) if registry else None,
        "registry_key": show_url(registry.key) if registry else None,
        "registries": [show_url(registry.url)] if registry else [],
        "settings": [],
        "kind": TOKEN,
        "source": "literal",
        "set_in": [],
        "fingerprint": fingerprint(token),
        "revocation": verdict.outcome,
        "detail": verdict.detail,
        "by_hand": verdict.by_hand,
        **_describe_kind(report, registry, token, verdict),
        "own_connection": verdict.own_connection,
        "removed": False,
    }


def _describe_file(report: Report, store: StoreReport) -> dict[str, Any]:
    doomed = store.settlement.doomed if store.edit.changed else ()
    return {
        "account": store.account.name,
        "path": show(store.path),
        "changed": store.edit.changed or store.is_restored,
        "removed_keys": [report.show_name(name) for name in dict.fromkeys(reading.setting.label for reading in doomed)],
        "remaining": [report.show_name(name) for name in store.settlement.remaining],
        "remaining_variables": [
            {"variable": names, "path": show(path), "line": line}
            for names, path, line in _list_left_assignments(report, [store])
        ],
        "remaining_text": list(store.remaining_text),
    }


def _build_statement_diff(report: Report, store: StoreReport) -> dict[str, str]:
    """Only the statements that went: what else is in such a file is nobody's business."""
    header = show(store.path)
    gone = {reading.setting.line: reading for reading in store.settlement.doomed}
    lines = []
    for line, reading in sorted(gone.items()):
        is_token = reading.name.endswith("_authToken")
        shown = f"<token {fingerprint(Secret(reading.value or ''))}>" if is_token else "<password>"
        # One of several in the value of one variable.
        shown = shown if reading.value == reading.setting.value.strip() else "<secret>"
        lines.append(f"{show_variable(report.conceal(reading.setting.name))}={shown} (line {line})\n")
    return {"before": "".join(lines), "after": "", "before_header": header, "after_header": header}


def _build_diff(report: Report, store: StoreReport) -> dict[str, str]:
    if store.client == ENVIRONMENT:
        return _build_statement_diff(report, store)
    environment = store.account.environment
    known = [target.credential.secret for target in store.plan.targets + store.plan.bystanders]
    secrets = [secret for secret in known if secret]
    header = show(store.path)
    return {
        "before": redact(store.edit.before, store.form, environment, secrets, report.conceal),
        "after": redact(store.edit.after or b"", store.form, environment, secrets, report.conceal),
        "before_header": header,
        "after_header": header if store.edit.after is not None else f"{header} (deleted)",
    }


def _summarize(report: Report) -> str:
    failures = report.failures
    if failures:
        return _say_undone(report, failures)
    if report.empty_option:
        return f"The option {report.empty_option} is an empty list, which selects nothing: nothing to do"
    where = _name_whereabouts(report, [target for _store, target, _verdict in report.judged]) or ANY_REGISTRY
    removed = sum(len(store.settlement.removed) for store in report.stores if store.edit.changed)
    revoked = _count_revoked(report)
    if not removed and not revoked and not any(store.edit.changed for store in report.stores):
        return _say_nothing_done(report, where) + _say_where_text_remains(report)
    unknown = _say_unknown_references(report)
    if unknown and removed == _count_unknown_references(report) and not revoked and not report.check_mode:
        return unknown[0].upper() + unknown[1:] + _say_what_remains(report)
    credentials = f"{removed} credential{_plural(removed)}"
    rest = f"; {unknown}" if unknown and not report.check_mode else ""
    rest += _say_what_remains(report) + _say_where_text_remains(report)
    if report.check_mode:
        pending = _count_tokens(report, {PENDING})
        return f"Would log out of {where}: {credentials} to remove, {pending} token{_plural(pending)} to revoke{rest}"
    perhaps = _count_tokens(report, _PERHAPS_VALID)
    rest = f", {perhaps} may still work{rest}" if perhaps else rest
    return f"Logged out of {where}: {credentials} removed, {revoked} token{_plural(revoked)} revoked{rest}"


def _list_unknown_references(report: Report) -> list[tuple[StoreReport, Target]]:
    """The references that went although nobody knows their value."""
    return [
        (store, target)
        for store, target, verdict in report.judged
        if verdict.outcome == UNRESOLVED and target.credential.unset and target.credential in store.settlement.removed
    ]


def _count_unknown_references(report: Report) -> int:
    return sum(store.edit.changed for store, _target in _list_unknown_references(report))


def _say_unknown_references(report: Report) -> str:
    found = [target.credential for store, target in _list_unknown_references(report) if store.edit.changed]
    if not found:
        return ""
    names = enumerate_names(list(dict.fromkeys(report.show_variables(credential) for credential in found)))
    where = "is not set to a plain value" if all(item.set_by for item in found) else ""
    where = where or "is not set on this host"
    noun = "token" if all(item.kind == TOKEN for item in found) else "secret"
    return f"removed a reference to {names}, which {where}: the {noun} was not revoked"


def _say_undone(report: Report, failures: Sequence[str]) -> str:
    more = f" And {len(failures) - _MOST_REASONS} more." if len(failures) > _MOST_REASONS else ""
    reasons = " ".join(_end_sentence(sentence) for sentence in failures[:_MOST_REASONS]) + more
    reasons += _name_option(report)
    where = _name_whereabouts(report, [target for _store, target, _verdict in report.unsettled]) or "every registry"
    return f"Not logged out of {where}: {reasons}" if report.stores or report.stray else reasons


def _name_option(report: Report) -> str:
    """The value of ``revoke`` that removes the lines all the same."""
    undone = [(target, verdict) for _store, target, verdict in report.unsettled]
    if not undone:
        return ""
    lines = "the line" if len(undone) == 1 else "these lines"
    if all(verdict.outcome == ACCEPTED for _target, verdict in undone):
        return f" To remove {lines} anyway, set revoke: accepted."
    return f" To remove {lines} anyway, set revoke: attempted."


def _say_what_remains(report: Report) -> str:
    """The logins that are left at the host of the registry: a reader would take them for removed as well."""
    hosts = {store.plan.registry.host for store in report.stores if store.plan.registry}
    if report.selection.registry:
        hosts.add(report.selection.registry.host)
    left = [
        (report.show_name(name), show(store.path))
        for store in report.stores
        for name in store.settlement.remaining
        if host_of(name.partition(":")[2] if "://" in name else name) in hosts
    ]
    if not left:
        return ""
    names, paths = (enumerate_names(list(dict.fromkeys(texts))) for texts in zip(*left))
    return f"; credentials for {names} remain in {paths}"


def _say_where_text_remains(report: Report) -> str:
    places = [_locate_text(store) for store in report.stores if store.remaining_text]
    return f"; the text of a token remains in {enumerate_names(places)}" if places else ""


def _say_nothing_done(report: Report, where: str) -> str:
    outcomes = {verdict.outcome for store in report.stores for verdict in store.verdicts}
    if report.stray:
        outcomes.add(report.stray[1].outcome)
    if PENDING in outcomes:
        return f"Would revoke {_count_tokens(report, {PENDING})} token at {where}, which is in no credential file"
    if PROTECTED in outcomes:
        return f"Nothing to do at {where}: the remaining credentials are protected"
    if ALREADY_INVALID in outcomes:
        return f"Nothing to do at {where}: the registry already rejects the token, and no credential file contains it"
    if outcomes & _PERHAPS_VALID:
        return f"Nothing to remove for {where}: no credential file contains the token, which may still work"
    if outcomes:
        return f"Nothing to remove for {where}: no credential file contains the token"
    said = say_not_logged_in(where)
    if report.selection.scope and not report.selection.registry and not _linked(report):
        said = say_not_mapped(report.selection.scope)
    elif report.selection.token and not report.selection.registry and not _is_held(report):
        return "The token is in none of these files and was not revoked: set registry to revoke it"
    return said + _say_what_else_is_there(report)


def _say_what_else_is_there(report: Report) -> str:
    """What could be meant instead, and what the playbook names that is not there."""
    names = [report.show_name(name) for store in report.stores for name in store.settlement.remaining]
    said = f". The files contain credentials for {enumerate_names(list(dict.fromkeys(names)))}" if names else ""
    return said + say_what_is_absent(report.absent_paths, report.absent_users)


def _is_held(report: Report) -> bool:
    """Is the token that the playbook names by value in one of the files?"""
    token = report.selection.token
    return any(target.credential.secret == token for store in report.stores for target in store.plan.bystanders)


def _linked(report: Report) -> bool:
    return any(store.plan.registry for store in report.stores)


def _name_whereabouts(report: Report, targets: Collection[Target]) -> str | None:
    """The registry or registries of these credentials, for the one sentence; None where nothing names one."""
    selection = report.selection
    if selection.registry:
        return show_url(selection.registry.url)
    named = {report.show_name(store.plan.registry.url) for store in report.stores if store.plan.registry}
    if len(named) == 1 and not selection.all_registries:
        return named.pop()
    if selection.scope:
        return f"the registry of {selection.scope}"
    concerned = {_name_registry(report, target) for target in targets}
    if len(concerned) == 1:
        return concerned.pop()
    return f"{len(concerned)} registries" if concerned else None


def _name_registry(report: Report, target: Target) -> str:
    return report.show_name(target.registry.url if target.registry else target.credential.key)


def _count_revoked(report: Report) -> int:
    return _count_tokens(report, REVOKED)


def _count_tokens(report: Report, outcomes: Collection[str]) -> int:
    """How many tokens came to one of these outcomes; one that is in several places counts once."""
    tokens = {
        (target.registry, target.credential.secret)
        for _store, target, verdict in report.judged
        if verdict.outcome in outcomes
    }
    return len(tokens) + bool(report.stray and report.stray[1].outcome in outcomes)


def _is_settled(verdict: Verdict, revoke: str) -> bool:
    return verdict.outcome == PROTECTED or allows_removal(verdict.outcome, revoke)


def _say(verdict: Verdict) -> str:
    return f"{verdict.detail} {verdict.by_hand}" if verdict.by_hand else verdict.detail


def _locate_text(store: StoreReport) -> str:
    lines = enumerate_names([str(line) for line in store.remaining_text])
    return f"{show(store.path)} line{'s' if len(store.remaining_text) > 1 else ''} {lines}"


def _locate(store: StoreReport, target: Target) -> str:
    return f"{show(store.path)} line {target.credential.line}"


def _say_once(found: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """:param found: what is said, and of which place; gives each of the former once, with all its places."""
    places: dict[str, list[str]] = {}
    for said, where in found:
        places.setdefault(said, []).append(where)
    return [(said, enumerate_names(where)) for said, where in places.items()]


def _end_sentence(text: str) -> str:
    return text if text.endswith(".") else text + "."


def _plural(number: int) -> str:
    return "" if number == 1 else "s"


def _noun(credential: Credential) -> str:
    return "token" if credential.kind == TOKEN else "login"
