"""OpenDRIVE: make of netconvert's road map one that CARLA understands."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree import ElementTree

from langprop.driving.maps.network import Network
from langprop.driving.route import StopLine
from langprop.errors import TownError

LIGHT, STOP = "1000001", "206"
"""Types of signals that CARLA takes for traffic lights and stop signs."""

_OF_NETCONVERT = "1000011"
_GEO = "+proj=tmerc +lat_0=0 +lon_0=0 +k=1 +x_0=0 +y_0=0 +datum=WGS84 +units=m +no_defs"
_SIDE = 1.0  # [m] from the kerb to a sign
_STOPS = ("s", "w")


def for_carla(opendrive: str, network: Network) -> str:
    """Add what CARLA needs and netconvert doesn't write.

    Lights get the type that CARLA knows, and a controller for each road that leads to them, since
    all lights of a controller are green at once there. Stop signs are added from the network, and a
    reference for geographic positions.

    Args:
        opendrive: As netconvert writes it.
        network: The same town.

    Raises:
        TownError: It is no OpenDRIVE.
    """
    try:
        root = ElementTree.fromstring(opendrive)  # noqa: S314 - expat itself refuses entity bombs
    except ElementTree.ParseError as error:
        raise TownError(f"the road map is no OpenDRIVE, or only a part of it: {error}.") from error
    header = root.find("header")
    if root.tag != "OpenDRIVE" or header is None:
        raise TownError(f"the road map holds <{root.tag}> and no OpenDRIVE.")
    if header.find("geoReference") is None:
        ElementTree.SubElement(header, "geoReference").text = _GEO
    roads = {road.attrib["id"]: road for road in root.iter("road")}
    _lights(root, roads)
    _stop_signs(root, roads, network)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, "unicode")}\n'


def signal(line: StopLine) -> str:
    """Name in the road map of the signal that stands at a stop line of a made-up town."""
    return f"{line.light}_{line.link}"


def _lights(root: ElementTree.Element, roads: Mapping[str, ElementTree.Element]) -> None:
    for old in root.findall("controller"):
        root.remove(old)
    junctions = {each.attrib["id"]: each for each in root.iter("junction")}
    first = next((at for at, each in enumerate(root) if each.tag == "junction"), len(root))
    for name, road in roads.items():
        lights = [each for each in road.iter("signal") if each.get("type") == _OF_NETCONVERT]
        for light in lights:
            light.set("type", LIGHT)
            light.set("subtype", "-1")
            light.set("name", "Signal_3Light_Post01")
        after = road.find("link/successor")
        if not lights or after is None or after.get("elementType") != "junction":
            continue
        controller = ElementTree.Element("controller", id=f"road{name}", name=f"road{name}")
        for light in lights:
            ElementTree.SubElement(controller, "control", signalId=light.attrib["id"], type="")
        root.insert(first, controller)
        first += 1
        junction = junctions[after.attrib["elementId"]]
        number = len(junction.findall("controller"))
        ElementTree.SubElement(
            junction, "controller", id=f"road{name}", type="", sequence=str(number)
        )


def _stop_signs(
    root: ElementTree.Element, roads: Mapping[str, ElementTree.Element], network: Network
) -> None:
    """A sign beside each road that has to stop."""
    # netconvert names only the roads inside junctions; the others are known by where they lead.
    leads_to = {
        roads[connection.attrib["connectingRoad"]].get("name"): connection.attrib["incomingRoad"]
        for connection in root.iter("connection")
        if connection.get("connectingRoad") in roads
    }
    signed: set[str] = set()
    for links in network.links.values():
        for link in links:
            source = network.lanes[link.source]
            if link.light or link.state not in _STOPS or source.kind != "road" or not link.via:
                continue
            road = leads_to.get(network.lanes[link.via].edge)
            if road is None or road in signed:
                continue
            signed.add(road)
            _add_sign(roads[road], network, source.edge)


def _add_sign(road: ElementTree.Element, network: Network, edge: str) -> None:
    lanes = [network.lanes[lane] for lane in network.edges[edge].lanes]
    signals = road.find("signals")
    if signals is None:
        signals = ElementTree.SubElement(road, "signals")
    sign = ElementTree.SubElement(
        signals,
        "signal",
        id=f"stop_{edge}",
        name="Sign_Stop",
        s=road.attrib["length"],
        t=f"{-sum(lane.width for lane in lanes) - _SIDE:.3f}",
        orientation="+",
        dynamic="no",
        zOffset="2",
        country="OpenDRIVE",
        type=STOP,
        subtype="-1",
        height="0.77",
        width="0.77",
    )
    ElementTree.SubElement(sign, "validity", fromLane=str(-len(lanes)), toLane="-1")
