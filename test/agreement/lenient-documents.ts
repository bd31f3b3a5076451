/** Documents of few words for the tests of lenient reading; valid ones, which the tests then break. */

const DECLARATIONS =
	'xmlns:j="http://schemas.ggf.org/jsdl/2005/11/jsdl" xmlns:p="http://schemas.ggf.org/jsdl/2005/11/jsdl-posix" ' +
	'xmlns:s="urn:computon:workspace:1" xmlns:w="http://schemas.ggf.org/graap/2007/03/ws-agreement" xmlns:x="urn:x"';

/** A JobDefinition around the content of its JobDescription. */
export function job(content: string): string {
	return `<j:JobDefinition ${DECLARATIONS}><j:JobDescription>${content}</j:JobDescription></j:JobDefinition>`;
}

/** An offer with these terms, and with more in its context. */
export function offer(terms: string, context = ''): string {
	const provider = '<w:ServiceProvider>AgreementResponder</w:ServiceProvider>';
	const all = terms === '' ? '' : `<w:All>${terms}</w:All>`;
	return `<w:AgreementOffer ${DECLARATIONS}><w:Context>${provider}${context}</w:Context><w:Terms>${all}</w:Terms></w:AgreementOffer>`;
}

/** A guarantee in all its parts. */
export const GUARANTEE =
	'<w:GuaranteeTerm w:Name="g" w:Obligated="ServiceProvider"><w:ServiceScope w:ServiceName="b"></w:ServiceScope>' +
	'<w:ServiceLevelObjective><w:CustomServiceLevel>x</w:CustomServiceLevel></w:ServiceLevelObjective>' +
	'<w:BusinessValueList></w:BusinessValueList></w:GuaranteeTerm>';
