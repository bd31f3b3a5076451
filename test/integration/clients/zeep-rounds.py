"""Rounds of negotiation by SOAP, by python3-zeep from the served WSDL alone.

Begins a negotiation, has an offer from a template answered by a counter-offer that is held, and agrees to that by the
extension that names both. Then negotiates the agreement anew, for twice as long, agrees to that as well, terminates it,
and prints what it saw as one JSON object.
"""
import json

from lxml import etree

from soap_door import (
    NEG, client, create, job, port, qname, state_of, template_named, term, terminate, terms_of, told_in, typed, window, workspace,
)

template, _ = template_named("machine")
service = "workspace"


def initiate(kind):
    """The reference of a negotiation that begins."""
    context = {"NegotiationType": kind, "AgreementResponder": "NegotiationResponder"}
    created = port("NegotiationFactory").InitiateNegotiation(NegotiationContext=context)
    return getattr(created, "CreatedNegotiationEPR", created)


def negotiate(reference, duration):
    """The best answer to an offer that is to be held, as the element that it is, and its context."""
    offer = {
        "Context": {
            "ServiceProvider": "AgreementResponder",
            "TemplateId": template.Context.TemplateId,
            "TemplateName": template.Context.TemplateName,
        },
        "Terms": {"All": {"_value_1": [
            term("resources", service, job(1, 1, 256)),
            term("window", service, window(duration)),
            term("environment", service, workspace()),
        ]}},
        "NegotiationOfferContext": {
            "CounterOfferTo": template.Context.TemplateId,
            "Creator": "NegotiationInitiator",
            "State": {"Solicited": {}},
        },
        "NegotiationConstraints": {},
    }
    negotiation = port("Negotiation")
    headers = list(reference.ReferenceParameters._value_1)
    with client.settings(raw_response=True):
        answer = negotiation.Negotiate(NegotiationOffer=[offer], _soapheaders=headers)
    return next(etree.fromstring(answer.content).iter("{%s}NegotiationCounterOffer" % NEG))


def is_held(counter_offer):
    return counter_offer.find("{%s}NegotiationOfferContext/{%s}State/{%s}Acceptable" % (NEG, NEG, NEG)) is not None


def agree(name, references, counter_offer):
    """The reference of the agreement that the counter-offer is made."""
    context = {
        "CounterOfferTo": counter_offer.get("{%s}OfferId" % NEG),
        "Creator": "NegotiationInitiator",
        "State": {"Acceptable": {}},
    }
    extension = typed(NEG, name, {**references, "NegotiationOfferContext": context})
    return create(template, terms_of(counter_offer), told_in(counter_offer), [extension])


def state(reference):
    headers = list(reference.ReferenceParameters._value_1)
    return state_of(port("AgreementState").GetResourceProperty(qname("AgreementState"), _soapheaders=headers))


first = initiate({"Negotiation": {}})
counter_offer = negotiate(first, "PT1H")
held = [is_held(counter_offer)]
agreement = agree("NegotiationExtension", {"ResponderNegotiationEPR": first}, counter_offer)
states = [state(agreement)]

second = initiate({"Renegotiation": {"ResponderAgreementEPR": agreement}})
counter_offer = negotiate(second, "PT2H")
held.append(is_held(counter_offer))
references = {"ResponderNegotiationEPR": second, "ResponderAgreementEPR": agreement}
changed = agree("RenegotiationExtension", references, counter_offer)
states += [state(agreement), state(changed)]
terminate(list(changed.ReferenceParameters._value_1))


def id_in(reference):
    found = reference.ReferenceParameters._value_1[0]
    return getattr(found, "text", found)


print(json.dumps({
    "agreementIds": [id_in(agreement), id_in(changed)],
    "held": held,
    "states": states,
    "ended": state(changed),
}))
