<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Pair</title></head>
<body><x-whatsapp-qr session="{{ $session }}" :interval="1"/></body>
</html>
