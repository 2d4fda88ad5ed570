// Has the browser ask for a passkey, where a form with data-passkey is sent. The server gives the
// options at data-begin; what the authenticator answers goes into the form, which is then sent as any
// other. This is all that a passkey needs script for.

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0))
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
const named = (credentials) => (credentials || []).map((c) => ({ ...c, id: bytes(c.id) }))

function decode(publicKey) {
  const options = { ...publicKey, challenge: bytes(publicKey.challenge) }
  if (options.user) options.user = { ...options.user, id: bytes(options.user.id) }
  if (options.excludeCredentials) options.excludeCredentials = named(options.excludeCredentials)
  if (options.allowCredentials) options.allowCredentials = named(options.allowCredentials)
  return options
}

function encode(credential) {
  const from = credential.response
  const response = { clientDataJSON: text(from.clientDataJSON) }
  for (const name of ['attestationObject', 'authenticatorData', 'signature', 'userHandle']) {
    if (from[name]) response[name] = text(from[name])
  }
  if (from.getTransports) response.transports = from.getTransports()
  return JSON.stringify({
    id: credential.id, rawId: text(credential.rawId), type: credential.type, response,
    authenticatorAttachment: credential.authenticatorAttachment || undefined,
    clientExtensionResults: credential.getClientExtensionResults(),
  })
}

const reasons = {
  NotAllowedError: 'Nothing was done: the request was cancelled, took too long, or there is no passkey for this site here. You can try again.',
  InvalidStateError: 'This device has a passkey for this account already.',
  SecurityError: 'Your browser does not allow passkeys at this address. Use the address that your security team gave you.',
}

async function ask(form, status) {
  status.textContent = 'Your browser is asking for your passkey.'
  const answer = await fetch(form.dataset.begin, { method: 'POST', credentials: 'same-origin' })
  if (!answer.ok) throw new Error(answer.status === 429 ? 'There were too many tries: wait a minute and try again.' : 'The server could not begin this: load the page again.')
  const { ceremony, options } = await answer.json()
  const credential = await navigator.credentials[form.dataset.passkey]({ publicKey: decode(options.publicKey) })
  form.elements.ceremony.value = ceremony
  form.elements.response.value = encode(credential)
  status.textContent = ''
  form.submit()
}

for (const form of document.querySelectorAll('form[data-passkey]')) {
  const status = form.querySelector('[data-passkey-status]')
  let asking = false
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    if (asking) return
    if (!window.PublicKeyCredential) {
      status.textContent = 'This browser cannot use passkeys. Try another browser, or another device.'
      return
    }
    asking = true
    ask(form, status)
      .catch((error) => { status.textContent = reasons[error.name] || error.message })
      .finally(() => { asking = false })
  })
}
