"""A client of the broker's SOAP door made by python3-zeep from the served WSDL alone.

Fetches the templates, makes an agreement, reads its state, sets its end anew, terminates it, and prints what it saw as
one JSON object.
"""
import json

from soap_door import create, job, port, qname, state_of, template_named, term, terminate, window, workspace

template, templates = template_named("machine")
service = "workspace"
reference = create(template, [
    term("resources", service, job(1, 1, 256)),
    term("window", service, window("PT1H")),
    term("environment", service, workspace()),
])
headers = list(reference.ReferenceParameters._value_1)

agreement = port("Agreement")
properties = agreement.GetResourcePropertyDocument(_soapheaders=headers)
state = port("AgreementState").GetResourceProperty(qname("AgreementState"), _soapheaders=headers)
extended = agreement.SetTerminationTime(RequestedLifetimeDuration="PT2H", _soapheaders=headers)
terminate(headers)
ended = agreement.GetResourceProperty(qname("AgreementState"), _soapheaders=headers)

print(json.dumps({
    "templates": templates,
    "address": reference.Address._value_1 if hasattr(reference.Address, "_value_1") else reference.Address,
    "agreementId": getattr(properties, "AgreementId", None),
    "state": state_of(state),
    "end": extended.NewTerminationTime.isoformat(),
    "now": extended.CurrentTime.isoformat(),
    "ended": state_of(ended),
}))
