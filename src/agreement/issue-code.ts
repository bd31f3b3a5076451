/** What can be wrong with a document that its schema admits: a closed list. */
export type IssueCode =
	| 'ROOT_UNKNOWN' // the document is not of a kind that is read here
	| 'ELEMENT_MISSING'
	| 'ELEMENT_REPEATED'
	| 'ELEMENT_UNKNOWN'
	| 'ATTRIBUTE_MISSING'
	| 'VALUE_MALFORMED' // not of its type
	| 'TIME_NOT_SUPPORTED' // a valid time in a year that is not counted here
	| 'NUMBER_TOO_LARGE' // beyond 2^53, where whole numbers are no longer exact
	| 'NUMBER_INEXACT' // in JSON, one that a double may not hold as it was written
	| 'DURATION_INEXACT' // years and months, which have no number of seconds
	| 'DURATION_EMPTY' // negative or zero
	| 'DURATION_UNIT_UNKNOWN' // an integer Duration, and the template does not state its unit
	| 'TERM_NAME_REPEATED'
	| 'TERMS_TOO_MANY'
	| 'NODES_TOO_MANY'
	| 'ELEMENTS_TOO_MANY' // of one kind, in one place
	| 'OFFERS_TOO_MANY' // in one message of a negotiation
	| 'TERMS_CONFLICT' // two terms of one service contradict each other
	| 'CHOICES_TOO_MANY' // its ExactlyOne and OneOrMore can be resolved in more ways than are tried
	| 'EXTENSION_UNKNOWN' // one that nobody here understands, where it must be understood
	| 'STATE_CONTRADICTS' // a state of no term of the agreement, or one that does not go with another
	| 'ENCODING_STYLE_UNKNOWN' // of a message of SOAP 1.1
	| 'SERVICE_SEVERAL' // an offer is about four services at most
	| 'SERVICE_UNKNOWN' // a service that no term describes
	| 'WINDOWS_DIFFER' // the services of one offer have one window
	| 'ENDINGS_DIFFER' // ... and end in one way
	| 'CREATOR_NOT_SENDER' // of an offer of a negotiation
	| 'PROVIDER_NOT_RESPONDER'
	| 'RETENTION_CONTRADICTS' // an end action and its retention do not go together
	| 'SWEEP_EMPTY' // a function of a sweep runs through no value
	| 'SWEEP_UNEVEN' // assignments that step together have different numbers of values
	| 'SWEEP_TOO_LARGE' // stands for more jobs than are made
	| 'TEMPLATE_UNNAMED'
	| 'NAME_NOT_SUPPORTED' // of a template: it becomes a part of an address
	| 'TEMPLATE_NAME_CONFLICT'
	| 'CONSTRAINT_UNSUPPORTED' // a creation constraint of a template that nobody here could check
	| 'CONSTRAINT_MALFORMED' // a free constraint that is not of the language, or an item that is not of XML Schema's
	| 'CONSTRAINT_UNSATISFIABLE' // no offer can ever fulfil it
	| 'CONSTRAINTS_CONTRADICT' // several about one Location, which no offer fulfils together
	| 'LINT_UNDECIDED' // it was too much to be looked at
	| 'LOCATION_IMPOSSIBLE' // no valid offer has what it means, and it must be there
	| 'LOCATION_USELESS' // ... and it need not be there
	| 'BRANCH_DEAD' // of a choice: nobody can take it
	| 'VALUE_DEAD' // of those that are enumerated nothing can be it
	| 'PLACEHOLDER' // that nobody filled in
	| 'PATTERN_ANCHORED' // ^ and $ of an xs:pattern, which are characters there
	| 'LOCATION_REFUSED' // not of the restricted grammar
	| 'LOCATION_SELECTS_NOTHING' // in the template's own terms, or of a variable in the agreement
	| 'TEMPLATE_CONTRADICTS_ITSELF' // its own terms violate its own constraints
	| 'OWN_TERMS_REFUSED' // of a template: an offer of them as they stand is
	| 'JSON_MALFORMED' // not the JSON form of a document
	| 'TOO_MANY_ISSUES'
	// Remarks: read all the same.
	| 'RANGE_SAYS_NOTHING'
	| 'RANGE_BOTH_BOUNDS'
	| 'FILE_SYSTEM_TAKEN_FOR_ROOT' // nobody said where it is mounted
	| 'RANGE_ADMITS_NOTHING' // ends the wrong way round, or no whole number of what is counted
	| 'TOTALS_CONTRADICT' // a Total* that no number of machines with the Individual* comes to
	| 'SIZE_FOLLOWS' // what a Total* says about what is not stated
	| 'SIZE_OPEN' // a Total* that leaves open how many machines share it
	| 'ZONE_MISSING'
	| 'NAMESPACE_VARIANT' // a namespace that is in use beside the standard's own
	| 'PROCESSES_MISMATCH' // processes of an SPMDApplication and machines that do not go together
	| 'EXTENSION_IGNORED' // an extension that nobody here understands, and that is not critical
	| 'VARIABLE_REPEATED' // two variables of one name in a set
	| 'METRIC_UNSUITABLE' // a Metric that is no known type, or not that of the value
	| 'REFERENCE_UNKNOWN' // a guarantee or preference names a service or a term that is not there
	| 'CHOICE_UNREADABLE' // a branch of a choice says something that cannot be, and is left out
	| 'UNIT_SUSPICIOUS'; // an amount that nobody means in JSDL's unit
