"""A client of the broker's SOAP door made by python3-zeep from the served WSDL alone.

Reads one JSON object {wsdl, token, version, image: {name, digest}} from stdin, fetches the templates, makes an
agreement, reads its state, sets its end anew, terminates it, and prints what it saw as one JSON object.
"""
import json
import sys

import requests
import zeep
from lxml import etree

WSAG = "http://schemas.ggf.org/graap/2007/03/ws-agreement"
WS = "urn:computon:workspace:1"
JSDL = "http://schemas.ggf.org/jsdl/2005/11/jsdl"

given = json.load(sys.stdin)
session = requests.Session()
session.headers["Authorization"] = "Bearer " + given["token"]
client = zeep.Client(given["wsdl"], transport=zeep.Transport(session=session))
suffix = "12" if given["version"] == "1.2" else ""


def port(name):
    return client.bind("Computon", name + "Soap" + suffix)


def qname(local):
    return etree.QName(WSAG, local)


def typed(namespace, local, content):
    """An element of a service description term, typed by the schemas of the WSDL."""
    element = client.get_element("{%s}%s" % (namespace, local))
    return zeep.xsd.AnyObject(element, element(**content))


def term(name, content):
    return {"ServiceDescriptionTerm": {"Name": name, "ServiceName": "workspace", "_value_1": content}}


factory = port("AgreementFactory")
templates = factory.GetResourceProperty(qname("Template"))
template = next(each for each in templates if each.Context.TemplateName == "machine")


def exact(value):
    return {"Exact": [{"_value_1": value}]}


resources = {
    "IndividualCPUCount": exact(1),
    "IndividualPhysicalMemory": exact(256 * 1048576),
    "TotalResourceCount": exact(1),
}
job = typed(JSDL, "JobDefinition", {"JobDescription": {"Resources": resources}})
window = typed(WS, "Window", {"Duration": "PT1H"})
image = {"_value_1": given["image"]["name"], "digest": given["image"]["digest"]}
workspace = typed(WS, "Workspace", {"Image": image, "CPUShare": 50, "EndAction": {"_value_1": "destroy"}})
offer = {
    "Context": {
        "ServiceProvider": "AgreementResponder",
        "TemplateId": template.Context.TemplateId,
        "TemplateName": template.Context.TemplateName,
    },
    "Terms": {"All": {"_value_1": [term("resources", job), term("window", window), term("environment", workspace)]}},
}
created = factory.CreateAgreement(AgreementOffer=offer)
reference = created.CreatedAgreementEPR if hasattr(created, "CreatedAgreementEPR") else created
headers = list(reference.ReferenceParameters._value_1)

agreement = port("Agreement")
properties = agreement.GetResourcePropertyDocument(_soapheaders=headers)
state = port("AgreementState").GetResourceProperty(qname("AgreementState"), _soapheaders=headers)
extended = agreement.SetTerminationTime(RequestedLifetimeDuration="PT2H", _soapheaders=headers)
agreement.Terminate(etree.fromstring("<reason xmlns='urn:example'>The test is over.</reason>"), _soapheaders=headers)
ended = agreement.GetResourceProperty(qname("AgreementState"), _soapheaders=headers)

def state_of(answer):
    found = answer[0] if isinstance(answer, list) else answer
    # zeep takes the State for the sub-state that may stand before it, where there is none.
    return found.State or found._value_1.text


print(json.dumps({
    "templates": sorted(each.Context.TemplateName for each in templates),
    "address": reference.Address._value_1 if hasattr(reference.Address, "_value_1") else reference.Address,
    "agreementId": getattr(properties, "AgreementId", None),
    "state": state_of(state),
    "end": extended.NewTerminationTime.isoformat(),
    "now": extended.CurrentTime.isoformat(),
    "ended": state_of(ended),
}))
