// Shows how far the file of a form with data-upload has been sent, and refuses one that is too large before it is sent.
// Without script the form is sent as any other.

const units = ['bytes', 'kB', 'MB', 'GB']

function size(bytes) {
  let unit = 0
  while (bytes >= 1000 && unit < units.length - 1) {
    bytes /= 1000
    unit++
  }
  return `${unit === 0 ? bytes : bytes.toFixed(1)} ${units[unit]}`
}

// The server answers with the page that comes next, or with this one and what is wrong.
function show(form, request) {
  if (request.status < 400) {
    location.assign(request.responseURL)
    return
  }
  const page = new DOMParser().parseFromString(request.responseText, 'text/html')
  const main = page.querySelector('main')
  if (!main) throw new Error('no page')
  document.title = page.title
  document.querySelector('main').replaceWith(main)
  main.querySelectorAll('form[data-upload]').forEach(follow)
  const summary = main.querySelector('.govuk-error-summary')
  if (summary) {
    summary.tabIndex = -1
    summary.focus()
  }
}

function send(form, status) {
  const bar = form.querySelector('progress')
  const button = form.querySelector('button')
  const request = new XMLHttpRequest()
  const failed = () => {
    button.disabled = false
    bar.hidden = true
    status.textContent = 'The file did not arrive: the connection was lost, or it took too long. You can send it again.'
  }
  request.upload.addEventListener('progress', ({ loaded, total }) => {
    bar.max = total
    bar.value = loaded
    if (loaded < total) status.textContent = `Sending: ${size(loaded)} of ${size(total)}`
  })
  request.upload.addEventListener('load', () => {
    bar.removeAttribute('value')
    status.textContent = 'The file is there, and is being looked at. This takes a few seconds.'
  })
  request.addEventListener('load', () => {
    try {
      show(form, request)
    } catch {
      failed()
    }
  })
  for (const event of ['error', 'abort', 'timeout']) request.addEventListener(event, failed)
  request.open('POST', form.action || location.href)
  button.disabled = true
  bar.hidden = false
  request.send(new FormData(form))
}

function follow(form) {
  const input = form.querySelector('input[type=file]')
  const status = form.querySelector('[data-upload-status]')
  form.addEventListener('submit', (event) => {
    const file = input.files[0]
    if (!file) return // the server says what is missing
    event.preventDefault()
    const most = Number(form.dataset.upload)
    if (file.size > most) {
      status.textContent = `This file has ${size(file.size)}, and ${size(most)} is the most that is taken.`
      input.focus()
      return
    }
    send(form, status)
  })
}

document.querySelectorAll('form[data-upload]').forEach(follow)
