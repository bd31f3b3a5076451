"""A head and its workers by SOAP, by python3-zeep from the served WSDL alone.

Makes one agreement of both services, reads its state and that of each of its terms, terminates it, and prints what it
saw as one JSON object.
"""
import json

from soap_door import create, job, port, qname, state_of, template_named, term, terminate, window, workspace

template, _ = template_named("mixed-cluster")
reference = create(template, [
    term("head-resources", "head", job(1, 2, 512)),
    term("window", "head", window("PT1H")),
    term("head-environment", "head", workspace()),
    term("workers-resources", "workers", job(3, 1, 256)),
    term("workers-environment", "workers", workspace()),
])
headers = list(reference.ReferenceParameters._value_1)

states = port("AgreementState")
state = states.GetResourceProperty(qname("AgreementState"), _soapheaders=headers)
terms = states.GetResourceProperty(qname("ServiceTermState"), _soapheaders=headers)
properties = port("Agreement").GetResourcePropertyDocument(_soapheaders=headers)
terminate(headers)
ended = states.GetResourceProperty(qname("AgreementState"), _soapheaders=headers)

print(json.dumps({
    "agreementId": getattr(properties, "AgreementId", None),
    "state": state_of(state),
    "terms": [each.termName for each in (terms if isinstance(terms, list) else [terms])],
    "ended": state_of(ended),
}))
