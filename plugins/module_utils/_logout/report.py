# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is the user told: results, diff, warnings and the one sentence?

Private to this collection. Pure. Built from what is no secret: names, places, fingerprints, outcomes. Whatever a
file's owner could have put into one of them is made harmless here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.npmops.auth.plugins.module_utils._accounts import Account
from ansible_collections.npmops.auth.plugins.module_utils._errors import Problem
from ansible_collections.npmops.auth.plugins.module_utils._files.replace import Edit
from ansible_collections.npmops.auth.plugins.module_utils._npm.credentials import CERTIFICATE, HELPER, TOKEN, Credential
from ansible_collections.npmops.auth.plugins.module_utils._npm.settings import Format
from ansible_collections.npmops.auth.plugins.module_utils._outcomes import (
    ALREADY_INVALID,
    ENDED,
    FAILED,
    INEFFECTIVE,
    NOT_APPLICABLE,
    PENDING,
    PROTECTED,
    SKIPPED,
    UNRESOLVED,
    UNSUPPORTED,
    Verdict,
    allows_removal,
)
from ansible_collections.npmops.auth.plugins.module_utils._plan import Selection, Settlement, StorePlan, Target
from ansible_collections.npmops.auth.plugins.module_utils._redaction import redact, show, show_url, show_variable
from ansible_collections.npmops.auth.plugins.module_utils._registry.by_hand import advise_on_token
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret, fingerprint

PROTECTED_VERDICT = Verdict(PROTECTED, "Its fingerprint is protected: it was neither ended nor removed.")
PENDING_VERDICT = Verdict(PENDING, "Check mode: a real run would ask the registry to end this token.")

#: What `attempted` removes without knowing the token dead.
_PERHAPS_ALIVE = frozenset({INEFFECTIVE, UNSUPPORTED, FAILED})

_MOST_REASONS = 3
_MOST_PLACES = 3


@dataclass(frozen=True)
class StoreReport:
    """What was done with one store.

    :ivar verdicts: one for each of the plan's targets.
    :ivar other_names: how many hard links to the old file there are besides this one.
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


@dataclass(frozen=True)
class Report:
    """What a run did.

    :ivar stray: the token that the playbook named by value and that stands in no store, and what came of it.
    :ivar conceal: takes the secrets out of a name that somebody else has chosen.
    :ivar empty_option: the option whose empty list selects nothing, if there is one.
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

    def show_name(self, name: str) -> str:
        """A registry's URL or a setting's name, without the secrets in it."""
        return show_url(self.conceal(name))

    @property
    def changed(self) -> bool:
        return any(store.edit.changed for store in self.stores)

    @property
    def judged(self) -> tuple[tuple[StoreReport, Target, Verdict], ...]:
        """The credentials that the run was about, and what came of each."""
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
        """The credentials that were to go and stay, and why."""
        return tuple(item for item in self.judged if not _is_settled(item[2], self.selection.revoke))


def foretell(target: Target) -> Verdict:
    """The verdict on a credential whose registry need not be asked."""
    credential = target.credential
    if target.outcome == PROTECTED:
        return PROTECTED_VERDICT
    if target.outcome == SKIPPED:
        advice = f"{advise_on_token(target.registry)}."
        return Verdict(SKIPPED, "The registry was not asked (revoke=never): the token is as alive as before.", advice)
    if target.outcome == UNRESOLVED and credential.kind == HELPER:
        detail = "A helper program supplies the token: no secret is in the file."
        return Verdict(UNRESOLVED, detail, "End the token that the helper program supplies.")
    if target.outcome == UNRESOLVED:
        names = ", ".join(dict.fromkeys(show_variable(name) for name in credential.unset))
        rest = "what stands in its braces is no name, and may be one" if "<" in names else "none is in the file"
        detail = f"The secret is in the environment variable {names}, which is not set here: {rest}."
        return Verdict(UNRESOLVED, detail, f"End the {_noun(credential)} where {names} is set.")
    if credential.kind == CERTIFICATE:
        detail = "There is nothing to end at the registry: the client certificate stays valid until it expires."
        return Verdict(NOT_APPLICABLE, detail, "Have the certificate revoked, and delete its key file.")
    detail = "There is nothing to end at the registry: the password stays valid."
    return Verdict(NOT_APPLICABLE, detail, "Change the password at the registry, if this login must not work any more.")


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
    """What a person should know although the run did what it was asked to."""
    warnings = list(report.warnings)
    for store in report.stores:
        for target, verdict in zip(store.plan.targets, store.verdicts):
            if verdict.outcome == UNRESOLVED:
                warnings.append(f"{_locate(store, target)}: {verdict.detail} {verdict.by_hand}")
        if store.other_names and store.edit.changed:
            warnings.append(
                f"{show(store.path)} has {store.other_names} more name(s) (hard links), which still lead to the old "
                "content."
            )
    return (*warnings, *_warn_of_the_living(report))


def _warn_of_the_living(report: Report) -> list[str]:
    """What `attempted` lets go although nobody has seen it dead, each reason once."""
    gone = [
        (f"{verdict.detail} {_advise(target, verdict, removed=True)}", _locate(store, target))
        for store, target, verdict in report.judged
        if verdict.outcome in _PERHAPS_ALIVE and target.credential in store.settlement.removed
    ]
    warnings = [f"{where}: removed, but the token may still work. {said}" for said, where in _say_once(gone)]
    if (
        report.stray
        and report.stray[1].outcome in _PERHAPS_ALIVE
        and _is_settled(report.stray[1], report.selection.revoke)
    ):
        warnings.append(f"The token {fingerprint(report.stray[0])} may still work. {_say(report.stray[1])}")
    return warnings


def _describe(report: Report, store: StoreReport, target: Target, verdict: Verdict) -> dict[str, Any]:
    credential = target.credential
    removed = credential in store.settlement.removed
    detail = verdict.detail
    if credential.kind == CERTIFICATE and not removed and _waits_for_a_token(report, store):
        detail = "It stays for now: the registry cannot be asked about the token that is left without it."
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
        "source": credential.source,
        "fingerprint": credential.fingerprint,
        "revocation": verdict.outcome,
        "detail": detail,
        "by_hand": _advise(target, verdict, removed),
        "removed": removed,
    }


def _advise(target: Target, verdict: Verdict, removed: bool) -> str | None:
    """What is left to a person. Where the lines went all the same, another run would not find the token."""
    if verdict.outcome == FAILED and removed:
        return f"{advise_on_token(target.registry)}."
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
        "fingerprint": fingerprint(token),
        "revocation": verdict.outcome,
        "detail": verdict.detail,
        "by_hand": verdict.by_hand,
        "removed": False,
    }


def _describe_file(report: Report, store: StoreReport) -> dict[str, Any]:
    doomed = store.settlement.doomed if store.edit.changed else ()
    return {
        "account": store.account.name,
        "path": show(store.path),
        "changed": store.edit.changed,
        "removed_keys": [report.show_name(name) for name in dict.fromkeys(reading.setting.label for reading in doomed)],
        "remaining": [report.show_name(name) for name in store.settlement.remaining],
    }


def _build_diff(report: Report, store: StoreReport) -> dict[str, str]:
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
    targets = [target for store in report.stores for target in store.plan.targets]
    where = _name_whereabouts(report, targets) or "any registry"
    removed = sum(len(store.settlement.removed) for store in report.stores if store.edit.changed)
    revoked = _count_revoked(report)
    failures = report.failures
    if failures:
        more = f" And {len(failures) - _MOST_REASONS} more." if len(failures) > _MOST_REASONS else ""
        reasons = " ".join(_end_sentence(sentence) for sentence in failures[:_MOST_REASONS]) + more
        where = _name_whereabouts(report, [target for _store, target, _verdict in report.unsettled]) or "every registry"
        return f"Not logged out of {where}: {reasons}" if report.stores or report.stray else reasons
    if report.empty_option:
        return f"The option {report.empty_option} is an empty list, which selects nothing: nothing to do"
    if not removed and not revoked and not report.changed:
        return _say_nothing_done(report, where)
    credentials = f"{removed} credential{'' if removed == 1 else 's'}"
    if report.check_mode:
        pending = _count_tokens(report, {PENDING})
        tokens = f"{pending} token{'' if pending == 1 else 's'}"
        return f"Would log out of {where}: {credentials} to remove, {tokens} to revoke"
    tokens = f"{revoked} token{'' if revoked == 1 else 's'}"
    living = _count_tokens(report, _PERHAPS_ALIVE)
    rest = f", {living} may still work" if living else ""
    return f"Logged out of {where}: {credentials} removed, {tokens} revoked{rest}"


def _say_nothing_done(report: Report, where: str) -> str:
    outcomes = {verdict.outcome for store in report.stores for verdict in store.verdicts}
    if report.stray:
        outcomes.add(report.stray[1].outcome)
    if PENDING in outcomes:
        return f"Would end {_count_tokens(report, {PENDING})} token at {where}; it stands in no store"
    if PROTECTED in outcomes:
        return f"Nothing to do at {where}: what is left there is protected"
    if ALREADY_INVALID in outcomes:
        return f"Nothing to do at {where}: it refuses the token already, and no store holds it"
    if outcomes & _PERHAPS_ALIVE:
        return f"Nothing to remove for {where}: the token stands in no store, and may still work"
    if outcomes:
        return f"Nothing to remove for {where}: the token stands in no store"
    if report.selection.scope and not report.selection.registry and not _linked(report):
        return f"No registry is linked to {report.selection.scope}: nothing to do"
    if report.selection.token and not report.selection.registry and not _is_held(report):
        return "The token is in none of these files, and was not revoked: name its registry in registry to revoke it"
    return f"Not logged in to {where}: nothing to do"


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
    return _count_tokens(report, ENDED)


def _count_tokens(report: Report, outcomes: Collection[str]) -> int:
    """How many tokens came to one of these outcomes; one that stands in several places counts once."""
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


def _locate(store: StoreReport, target: Target) -> str:
    return f"{show(store.path)} line {target.credential.line}"


def _say_once(found: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """:param found: what is said, and of which place; gives each of the former once, with all its places."""
    places: dict[str, list[str]] = {}
    for said, where in found:
        places.setdefault(said, []).append(where)
    return [(said, _enumerate(where)) for said, where in places.items()]


def _enumerate(places: Sequence[str]) -> str:
    named = list(places[:_MOST_PLACES])
    if len(places) > _MOST_PLACES:
        named.append(f"{len(places) - _MOST_PLACES} more")
    return " and ".join([*([", ".join(named[:-1])] if named[1:] else []), named[-1]])


def _end_sentence(text: str) -> str:
    return text if text.endswith(".") else text + "."


def _noun(credential: Credential) -> str:
    return "token" if credential.kind == TOKEN else "login"
