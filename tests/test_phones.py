"""Which phone an agent has, its token, what pages may connect to, and what is said of what is missing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from desk_world import World, world
from pydantic import ValidationError

from ivr.doctor import State, findings
from ivr.settings import Settings

ACCOUNT, KEY, APP = "AC" + "1" * 32, "SK" + "2" * 32, "AP" + "3" * 32
SECRET = "s" * 32
TWILIO = {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": "t" * 32}
BROWSER = {**TWILIO, "TWILIO_API_KEY": KEY, "TWILIO_API_SECRET": SECRET, "TWILIO_APP_SID": APP}


@pytest.fixture
def here(tmp_path: Path, valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with world(tmp_path, valkey_url, monkeypatch, **BROWSER) as made:
        yield made


def made(**values: Any) -> Settings:
    return Settings(**{name.lower(): value for name, value in values.items()})


def test_the_token_is_twilios_and_the_signed_in_agents(here: World) -> None:
    page = here.page()
    token = page.post("/desk/phone-token").get_json()["token"]
    claims = jwt.decode(token, SECRET, algorithms=["HS256"])
    assert jwt.get_unverified_header(token)["cty"] == "twilio-fpa;v=1"
    assert (claims["iss"], claims["sub"]) == (KEY, ACCOUNT)
    assert claims["grants"] == {
        "identity": f"agent-{page.person.id}",
        "voice": {"incoming": {"allow": True}, "outgoing": {"application_sid": APP}},
    }
    assert 600 < claims["exp"] - time.time() <= 900


def test_nobody_signed_in_gets_no_token(here: World) -> None:
    client = here.app.test_client()
    with client.session_transaction() as session:
        session["csrf_token"] = "token"
    assert client.post("/desk/phone-token", headers={"X-CSRF-Token": "token"}).status_code == 401


def test_an_agent_talks_in_the_page_or_on_the_telephone_they_gave(here: World) -> None:
    page = here.page()
    offer = here.offered(page)
    panel = page.get("/desk/panel/call").text
    assert f"/desk/offers/{offer}/accept" in panel
    assert 'data-needs-phone="call"' in panel
    assert 'data-phone-kind="voice"' in page.get("/desk/panel/status").text

    page.post("/desk/phone", phone="+7 916 000-11-22")
    panel = page.get("/desk/panel/call").text
    assert "/accept" not in panel
    assert "Press 1" in panel
    assert 'data-phone-kind="telephone"' in page.get("/desk/panel/status").text
    refused = page.post(f"/desk/offers/{offer}/accept")
    assert "accepted" not in refused.headers.get("X-Desk-Events", "")
    assert here.view(page.person).offer is not None

    page.post("/desk/phone", phone="")
    taken = page.post(f"/desk/offers/{offer}/accept")
    assert "accepted" in taken.headers["X-Desk-Events"]
    assert here.view(page.person).state == "connecting"


def test_without_a_key_agents_need_a_telephone(
    tmp_path: Path, valkey_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world(tmp_path, valkey_url, monkeypatch, **TWILIO) as here:
        page = here.page()
        assert page.post("/desk/phone-token").status_code == 404
        desk = page.get("/desk")
        assert "twilio.min.js" not in desk.text
        assert "twilio.com" not in desk.headers["Content-Security-Policy"]
        assert 'data-phone-kind="none"' in desk.text


def connects(here: World) -> list[str]:
    policy = here.page().get("/desk").headers["Content-Security-Policy"]
    part = next(part for part in policy.split("; ") if part.startswith("connect-src"))
    return part.split()[1:]


def test_pages_may_connect_to_twilio_and_use_the_microphone(here: World) -> None:
    assert connects(here) == ["'self'", "http://localhost:8001", "wss://*.twilio.com", "https://*.twilio.com"]
    desk = here.page().get("/desk")
    assert desk.headers["Permissions-Policy"].startswith("microphone=(self)")
    assert "vendor/twilio.min.js" in desk.text


def test_pages_may_connect_to_the_hosts_that_are_set_and_to_no_others(
    tmp_path: Path, valkey_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world(tmp_path, valkey_url, monkeypatch, **BROWSER, TWILIO_SIGNALLING="signal.example.com:8443") as here:
        assert connects(here) == ["'self'", "http://localhost:8001", "wss://signal.example.com:8443"]


def test_edges_stay_with_twilio(tmp_path: Path, valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with world(tmp_path, valkey_url, monkeypatch, **BROWSER, TWILIO_SIGNALLING="dublin, frankfurt-ix") as here:
        assert "wss://*.twilio.com" in connects(here)
        assert "&#34;dublin&#34;" in here.page().get("/desk").text or '"dublin"' in here.page().get("/desk").text


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"TWILIO_API_KEY": KEY}, "TWILIO_API_SECRET"),
        ({"TWILIO_API_SECRET": SECRET}, "TWILIO_API_KEY"),
        ({"TWILIO_API_KEY": ACCOUNT, "TWILIO_API_SECRET": SECRET}, "SK and 32"),
        ({"TWILIO_APP_SID": KEY}, "AP and 32"),
        ({"TWILIO_SIGNALLING": "dublin; script-src *"}, "edges such as"),
        ({"TWILIO_SIGNALLING": "wss://signal.example.com"}, "edges such as"),
    ],
)
def test_wrong_settings_say_what_they_accept(values: dict[str, str], says: str) -> None:
    with pytest.raises(ValidationError) as caught:
        made(**{**TWILIO, **values})
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("values", "state", "says"),
    [
        (TWILIO, State.WARNING, "TWILIO_API_KEY, TWILIO_API_SECRET and TWILIO_APP_SID"),
        ({**BROWSER, "TWILIO_APP_SID": ""}, State.BROKEN, "hotline twilio setup"),
        ({**TWILIO, "TWILIO_APP_SID": APP}, State.BROKEN, "Make a standard API key"),
        ({**BROWSER, "TWILIO_SIGNALLING": "dublin"}, State.OK, "dublin"),
    ],
)
def test_the_doctor_says_what_browsers_lack(
    tmp_path: Path, values: dict[str, str], state: State, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ivr import doctor

    if state is State.OK and not (Path(doctor.__file__).parent / "static" / "vendor" / "twilio.min.js").exists():
        pytest.skip("the pages' JavaScript is not here; scripts/vendor.py brings it")
    for other in ("_carrier", "_addresses", "_redis", "_workers"):
        monkeypatch.setattr(doctor, other, lambda settings: iter(()))
    found = [one for one in findings(made(**values, data_dir=tmp_path)) if one.subject == "phones"]
    assert [one.state for one in found] == [state]
    assert says in f"{found[0].says} {found[0].mend}"
