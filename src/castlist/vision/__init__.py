"""Pure picture functions on the bundled models.

Used by engines and ``scoring``. Nothing here reads settings, touches a database or knows what a job is.
Pictures are uint8 [H, W, 3] sRGB in RGB order; alphas are float32 [H, W], 0-1.
"""
