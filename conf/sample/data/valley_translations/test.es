El cartero llegó calado hasta los huesos.
¿Cuáles de estas setas son comestibles?
La fiesta del pueblo empieza con un baile en la plaza.
Nunca he visto tantas estrellas.
Esta noche quitarán la nieve de la carretera del puerto.
Avísame cuando llegues a casa.
Nuestro pozo tiene el agua más fría del valle.
De niños nos bañábamos aquí.
