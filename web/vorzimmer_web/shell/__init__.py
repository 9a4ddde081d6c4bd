"""What all pages share: the request, languages, formats, forms, limits, errors."""
