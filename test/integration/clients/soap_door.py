"""What clients made by python3-zeep have in common: the door, as the served WSDL describes it, and the terms of offers."""
import copy
import json
import sys

import requests
import zeep
from lxml import etree

NEG = "http://schemas.ogf.org/graap/2009/11/ws-agreement-negotiation"
WSAG = "http://schemas.ggf.org/graap/2007/03/ws-agreement"
WS = "urn:computon:workspace:1"
JSDL = "http://schemas.ggf.org/jsdl/2005/11/jsdl"
MIB = 1048576

# {wsdl, token, version, image: {name, digest}}
given = json.load(sys.stdin)
session = requests.Session()
session.headers["Authorization"] = "Bearer " + given["token"]
client = zeep.Client(given["wsdl"], transport=zeep.Transport(session=session))


def port(name):
    return client.bind("Computon", name + "Soap" + ("12" if given["version"] == "1.2" else ""))


def qname(local):
    return etree.QName(WSAG, local)


def typed(namespace, local, content):
    """An element of a service description term, typed by the schemas of the WSDL."""
    element = client.get_element("{%s}%s" % (namespace, local))
    return zeep.xsd.AnyObject(element, element(**content))


def term(name, service, content):
    return {"ServiceDescriptionTerm": {"Name": name, "ServiceName": service, "_value_1": content}}


def exact(value):
    return {"Exact": [{"_value_1": value}]}


def job(machines, cpus, memory_mib):
    resources = {
        "IndividualCPUCount": exact(cpus),
        "IndividualPhysicalMemory": exact(memory_mib * MIB),
        "TotalResourceCount": exact(machines),
    }
    return typed(JSDL, "JobDefinition", {"JobDescription": {"Resources": resources}})


def window(duration):
    return typed(WS, "Window", {"Duration": duration})


def workspace():
    image = {"_value_1": given["image"]["name"], "digest": given["image"]["digest"]}
    return typed(WS, "Workspace", {"Image": image, "CPUShare": 50, "EndAction": {"_value_1": "destroy"}})


def template_named(name):
    """The template of that name, and the names of all that there are."""
    templates = port("AgreementFactory").GetResourceProperty(qname("Template"))
    found = next(each for each in templates if each.Context.TemplateName == name)
    return found, sorted(each.Context.TemplateName for each in templates)


def terms_of(document):
    """The service description terms of an offer that was answered, as they stand."""
    found = document.iter("{%s}ServiceDescriptionTerm" % WSAG)
    return [term(each.get("{%s}Name" % WSAG), each.get("{%s}ServiceName" % WSAG), copy.deepcopy(each[0])) for each in found]


def told_in(document):
    """What the site tells in the Context of an answer, as it stands."""
    found = document.find("{%s}Context" % WSAG)
    return [copy.deepcopy(each) for each in found if not each.tag.startswith("{%s}" % WSAG)]


def create(template, terms, told=(), extensions=()):
    """The reference of the agreement that is made of these terms."""
    context = {
        "ServiceProvider": "AgreementResponder",
        "TemplateId": template.Context.TemplateId,
        "TemplateName": template.Context.TemplateName,
        **({"_value_1": list(told)} if told else {}),
    }
    offer = {"Context": context, "Terms": {"All": {"_value_1": terms}}}
    more = {"_value_1": list(extensions)} if extensions else {}
    created = port("AgreementFactory").CreateAgreement(AgreementOffer=offer, **more)
    return created.CreatedAgreementEPR if hasattr(created, "CreatedAgreementEPR") else created


def terminate(headers):
    reason = etree.fromstring("<reason xmlns='urn:example'>The test is over.</reason>")
    port("Agreement").Terminate(reason, _soapheaders=headers)


def state_of(answer):
    found = answer[0] if isinstance(answer, list) else answer
    # zeep takes the State for the sub-state that may stand before it, where there is none.
    return found.State or found._value_1.text
