"""Exercise: public access is closed, and the private endpoint is pending."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..steps.network import topology
from ..steps.network.topology import Connection
from ..steps.private_link.step import PrivateAccess
from . import staging
from .place import Command
from .shape import Exercise, Look


class ClosedDoor(Exercise):
    """Nobody comes in: the public way is closed and the private one not open yet."""

    name = "closed-door"
    title = "Closed in front, not yet open at the back"
    story = (
        "The security team had public network access turned off, since the plant's network has a private endpoint to"
        " the instance. The network team created it and wrote: request sent."
    )
    symptom = '"Since Friday I get 403 from everywhere, even inside the plant. My roles are all fine."'
    goal = "The plant's network reaches the instance through its private endpoint. Public network access stays off."
    hints = (
        "The words after 403 tell a closed network from a missing role. Which of the two ways in is closed, and why?",
        "Look at the instance's Networking page, at the private endpoint connections and their state.",
        "The connection waits for the approval of the instance's owner: approve it in 04-private-access.",
    )
    why = (
        "A private endpoint in a network is one half; the owner of the instance approves the connection, which is the"
        " other. As long as it's pending, no one gets in that way. Turning public access on again would work at once"
        " and undo what the security team wants. A rejected connection can't be approved later: it has to be made"
        " again."
    )

    def _stage(self) -> None:
        staging.instance(self.place, self.region)
        ways = {"request_approval": True, "private_dns": False, "public_network_access": "disabled", "confirm": True}
        PrivateAccess(self.bench.context(self.manager), self._values(**ways)).apply()

    def _connections(self) -> Sequence[Connection]:
        there = self.place.found()
        return topology.connections(there) if there else ()

    def _look(self) -> Look:
        there, found = self.place.found(), self._connections()
        public = topology.public_access(there) if there else "unknown"
        seen = [f"Public network access: {public}."]
        seen += [f"Private endpoint connection {one}." for one in found]
        seen += [] if found else ["The instance has no private endpoint connection."]
        approved = any(one.status == "Approved" and one.settled for one in found)
        return Look(approved and public.lower() == "disabled", tuple(seen))

    def _repair(self) -> None:
        decided = {"create_private_endpoint": False, "decision": "approve", "connection": self._connections()[0].name}
        decided |= {"public_network_access": "disabled", "confirm": True}
        PrivateAccess(self.bench.context(self.who), self._values(**decided)).apply()

    def commands(self) -> Iterator[Command]:
        """Return the solution."""
        for one in self._connections():
            approve = f"az network private-endpoint-connection approve --id {one.id} --description agreed"
            yield Command(self.who, approve)


EXERCISE = ClosedDoor
