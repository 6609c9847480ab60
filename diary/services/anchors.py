"""Daily anchors: each clinic's chain verified as far as it goes, and its last link written down beside the database."""

import uuid
from dataclasses import dataclass

import structlog
from sqlalchemy import select

from diary.access.identity import OPERATOR
from diary.access.policy import Subject
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.errors import BeingMoved, DiaryError
from diary.models import AuditEvent, Clinic
from diary.security.anchor_files import Anchor, AnchorFiles, AnchorsBroken
from diary.services import audit
from diary.services.audit import ChainBroken, hash_at, verify_links
from diary.services.clinics import clinics_named

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class LastAnchor:
    """How far a clinic's chain is known to hold: the last anchor, or what is wrong with the anchors."""

    anchor: Anchor | None
    broken: bool = False


def anchor_where_due(files: AnchorFiles, *, clock: Clock) -> int:
    """Anchor every clinic that has no anchor of today; return how many there were.

    A chain that does not hold is told in the log and not anchored; the other clinics are.
    """
    made = 0
    for clinic in _clinics():
        try:
            made += anchor_clinic(files, clinic.clinic_id, clock=clock) is not None
        except BeingMoved:
            raise
        except (DiaryError, OSError) as refusal:
            log.error("anchor_failed", clinic=str(clinic.clinic_id), reason=str(refusal))  # noqa: TRY400 (no fault of ours)
    return made


def anchor_all(files: AnchorFiles, *, clock: Clock) -> list[tuple[str, Anchor]]:
    """Anchor every clinic now, also when it has an anchor of today; return its name and the anchor."""
    made = []
    for clinic in _clinics():
        anchor = anchor_clinic(files, clinic.clinic_id, clock=clock, again=True)
        if anchor:
            made.append((clinic.name, anchor))
    return made


def anchor_clinic(files: AnchorFiles, clinic_id: uuid.UUID, *, clock: Clock, again: bool = False) -> Anchor | None:
    """Verify the links since the last anchor, append an anchor, and say in the chain that it was made.

    Returns:
        The anchor, or None when today has one already and not `again`, or the chain is empty.

    Raises:
        ChainBroken: a link since the last anchor, or the anchored one, was changed or left out.
        AnchorsBroken: the anchors themselves do not hold.
    """
    now = clock()
    known = files.read(clinic_id)
    if known and known[-1].day >= now.date() and not again:
        return None
    last = (known[-1].position, known[-1].hash) if known else None
    with snapshot() as session:
        if known:
            _compare(known[-1], hash_at(session, clinic_id, known[-1].position))
        position, link = verify_links(session, clinic_id, since=last)
    if not position:
        return None
    anchor = files.add(clinic_id, now.date(), position=position, link=link, again=again)
    if anchor:
        said = {"day": anchor.day.isoformat(), "position": position, "digest": anchor.digest}
        with transaction() as session:
            audit.write(session, OPERATOR, "audit.anchored", about=Subject(clinic_id), at=now, content=said)
    return anchor


def compare_with_anchors(files: AnchorFiles, clinic_id: uuid.UUID) -> list[Anchor]:
    """Compare a chain that holds in itself with all anchors of its clinic, both ways, and return them.

    Raises:
        ChainBroken: links were cut off, or are not those that were anchored.
        AnchorsBroken: an anchor was changed, or the chain knows one that is no longer there.
    """
    anchors = files.read(clinic_id)
    with snapshot() as session:
        for anchor in anchors:
            _compare(anchor, hash_at(session, clinic_id, anchor.position))
        wanted = select(AuditEvent.content).where(
            AuditEvent.clinic_id == clinic_id, AuditEvent.action == "audit.anchored"
        )
        told = [content or {} for content in session.scalars(wanted.order_by(AuditEvent.position))]
    there = {anchor.digest for anchor in files.read(clinic_id)}  # again, since one may have been made meanwhile
    for content in told:
        if content.get("digest") not in there:
            raise AnchorsBroken(
                f"The anchor of {content.get('day')} at link {content.get('position')} is missing from"
                f" {files.file_of(clinic_id).name}."
            )
    return anchors


def check_no_clinic_is_missing(files: AnchorFiles) -> None:
    """Look for the clinic of every file of anchors.

    Raises:
        AnchorsBroken: a clinic was anchored and is not in the database.
    """
    known = {clinic.clinic_id for clinic in _clinics()}
    for clinic_id in files.clinics():
        if clinic_id not in known and files.read(clinic_id):
            raise AnchorsBroken(
                f"Clinic {clinic_id} was anchored and is not in the database: an older one was put back."
            )


def last_anchor(files: AnchorFiles, clinic_id: uuid.UUID) -> LastAnchor:
    """Return the last anchor of a clinic, and whether it and the chain still agree."""
    try:
        anchors = files.read(clinic_id)
        if not anchors:
            return LastAnchor(None)
        with snapshot() as session:
            _compare(anchors[-1], hash_at(session, clinic_id, anchors[-1].position))
    except DiaryError:
        return LastAnchor(None, broken=True)
    return LastAnchor(anchors[-1])


def _compare(anchor: Anchor, link: bytes | None) -> None:
    if link is None:
        raise ChainBroken(
            f"The chain ends before link {anchor.position}, which was anchored on {anchor.day}: its end was cut off,"
            " or an older backup was put back."
        )
    if link != anchor.hash:
        raise ChainBroken(
            f"Link {anchor.position} is not the one that was anchored on {anchor.day}: the chain was written anew,"
            " or an older backup was put back."
        )


def _clinics() -> list[Clinic]:
    with snapshot() as session:
        return clinics_named(session, None)
