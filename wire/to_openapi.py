def document(wire):
    return 'openapi: 3.1.0\n'
