// What script adds to pages that work without it.
import {
  Button, CharacterCount, ErrorSummary, NotificationBanner, ServiceNavigation, SkipLink, createAll,
} from 'govuk-frontend'

document.body.classList.add('js-enabled', 'govuk-frontend-supported')
for (const component of [Button, CharacterCount, ErrorSummary, NotificationBanner, ServiceNavigation, SkipLink]) {
  createAll(component)
}

// Identifiers get a button that copies them, where the browser lets a page copy.
if (navigator.clipboard) {
  for (const button of document.querySelectorAll('[data-copy]')) {
    button.hidden = false
    button.setAttribute('aria-live', 'polite')
    const words = button.innerHTML
    button.addEventListener('click', async () => {
      await navigator.clipboard.writeText(button.dataset.copy)
      button.textContent = 'Copied'
      setTimeout(() => { button.innerHTML = words }, 3000)
    })
  }
}

// A form that is sent to its own page is sent to it without the place in it, such as that of the skip link:
// the answer would be shown from there, and its errors not.
document.addEventListener('submit', ({ target }) => {
  if (!target.hasAttribute('action')) target.setAttribute('action', location.pathname + location.search)
})
