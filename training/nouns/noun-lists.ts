// Which of the words that can be nouns count as things in a picture, where WordNet's order of senses is no guide.

/** Fields of first senses that name things one can see. */
export const visibleFields = new Set([
  'animal',
  'artifact',
  'body',
  'food',
  'group',
  'location',
  'object',
  'person',
  'phenomenon',
  'plant',
  'shape',
  'substance',
  'Tops',
]);

/**
 * Nouns that are not judged: colours, positions, clothes, quantities, activities, and words that captions use as
 * another part of speech.
 */
export const stopNouns = new Set(
  `white grey gray orange gold silver turquoise brunette blonde blond maroon khaki plaid denim camo camouflage
  african american asian australian chinese european indian irish japanese scottish native african-american
  back backs front side sides top tops bottom bottoms middle center centre corner end ends edge left right foreground
  background distance position location setting direction directions place spot area space surface piece pieces base
  level point opening covering range set row rows line lines pair couple couples group bunch series pack lot lots number
  band part point parts edge formation formations family families team teams party class form
  shirt shirts jacket jackets hat hats shorts dress dresses coat coats pants uniform uniforms sunglasses suit suits
  jeans cap caps glasses collar collars t-shirt t-shirts clothes clothing costume costumes sweater sweaters vest vests
  bikini bikinis jersey jerseys outfit outfits skirt skirts scarf scarves boots boot shoe shoes sweatshirt goggles
  helmet helmets mask masks swimsuit swimsuits headband bandanna bandana gloves glove wetsuit gown robe robes tie tights
  headscarf sandals overalls attire snowsuit trunks apron parka pajamas underwear leotard beanie sneakers socks heels
  tuxedos tutu tutus jumpsuit kilt mittens leggings stripe stripes gear hood harness harnesses
  young human male males female females adult adults elderly homeless professional same fellow
  i he at be do was u n o s a as no in dry jean down well still short can tan
  sooners tackle tackles hand hands head face mouth arms arm air midair event item items thing things object objects
  closeup photo photos photograph photographs picture pictures image scene shot view position
  grinds forward begins chased natural straight wades wade heavy silly great more ancient modern pursued teaches rival
  squirt squirts public dead military following aged lower upper far free miami oklahoma florida boston seattle
  obama jackson michael mickey louis polo jack opponent onlookers religious official members member newborn mobile
  is has does who or hanging eats flies upside german shepherd facing grinding cricket cream hind giant helping makeup
  land strip rear barren bounds digs dives dive casting country filling coloring rubbing works mini midst individuals
  floppy material gathering wrapping lining pairs led elder equestrian fencing fair flight waters union world seating
  wicker cotton marches master chunk floatation business men's tee flannel cartwheels club college current army
  video art barks fetch circle dot dots square curve post posts money race wedding meeting hanging kiddie
  shallow flat plain steep main narrow downhill uphill uses reaches reach see home overlook overlooks thick rough`
    .split(/\s+/)
    .filter((word) => word !== ''),
);

/** Nouns all the same, although the word is tagged as a verb more often, or its first sense is no thing. */
export const keptNouns = new Set(
  `duck ducks bear seal crane train trains net nets slide slides paddle paddles tube hurdle hurdles tunnel hose wire
  kite kites chicken chickens corn drink drinks fly snack treat pumpkin pumpkins bark cloth sparkler lights light
  wave waves fire campfire parade court ring rings football basketball path trail trails obstacle obstacles camp shed sled sledge sign signs book books
  newspaper magazine tattoo tattoos sparklers balloon balloons rail rails merry-go-round card cards stage
  sunset statue desert beach bank video tv movie rodeo market carnival fair marketplace festival smoke rainbow
  splash bubble bubbles smoke snowball shadow shade poster logo yard land parachute cable
  step steps swing swings bow sail sailboat fish drum drums chain bowl crown arrow trophy medal medals ticket`
    .split(/\s+/)
    .filter((word) => word !== ''),
);

/** Words for people that WordNet doesn't file under `person`. */
export const personNouns = new Set('people crowd crowds someone audience spectators'.split(' '));
