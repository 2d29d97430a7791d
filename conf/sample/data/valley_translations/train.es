El puente está cerrado hasta el lunes.
Mi abuela tiene abejas detrás de la capilla.
¿Cuánto cuestan estas peras?
Cierra el portón para que no se escapen las cabras.
El médico visita el valle un jueves de cada dos.
Hace tres meses que no llueve.
Si sigues el arroyo, llegarás al molino.
Habría venido antes si el autobús no se hubiera retrasado.
No te preocupes, el perro no muerde.
La escuela tiene solo once alumnos.
Buscamos a alguien que sepa arreglar tejados.
El pan todavía está caliente.
Ayer vimos un águila sobre la cantera.
Mis vecinos viven aquí desde 1987.
¿Quién dejó las luces encendidas?
Quisiera dos kilos de castañas, por favor.
El río se heló el invierno pasado por primera vez en décadas.
Hay una carta para ti en la mesa.
El sendero es más empinado de lo que parece.
Se casaron en la pequeña iglesia de la colina.
Los niños le tienen miedo al viejo pozo.
Se nos acabó la leña antes de que terminara febrero.
¿Se oyen las campanas desde tu casa?
La herrería es ahora una biblioteca.
Los sábados no hay reparto de correo.
Nadie sabe exactamente qué profundidad tiene el lago.
Trae un abrigo, porque por la noche refresca.
Hay que darle la vuelta al queso todos los días durante seis semanas.
Prometió devolver la escalera mañana.
La cosecha fue mejor de lo que esperábamos.
Por favor, límpiate las botas antes de entrar.
La hija del panadero quiere ser ingeniera.
