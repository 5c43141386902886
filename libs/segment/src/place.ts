/** A place on the earth, in degrees. */
interface Place {
  readonly lat: number;
  readonly lng: number;
}

/** A circle on the earth, with the terms of the distance test precomputed. */
export interface Circle extends Place {
  readonly cos_lat: number;
  /** The haversine of the radius. */
  readonly haversine: number;
}

/** The mean radius of the earth (IUGG). */
const EARTH_KM = 6_371.0088;
/** Half the circumference of the earth: no distance is longer. */
const KM_MAX = 20_015;
/** Half a degree in radians, because haversines take half angles. */
export const HALF_DEGREE = Math.PI / 360;

const NUMBER = '-?(0|[1-9][0-9]*)([.][0-9]+)?';
/** A place as text without blanks, as a regular expression that JavaScript and PostgreSQL read alike. */
export const PLACE = `^${NUMBER},${NUMBER}$`;
export const PLACE_LENGTH_MAX = 40;
const CIRCLE = new RegExp(`^${NUMBER},${NUMBER},${NUMBER}$`);
const place = new RegExp(PLACE);

/** `{lat, lng}`, or `lat,lng` as text (metadata of type geopoint). Undefined for anything else. */
export function placeIn(value: unknown): Place | undefined {
  if (typeof value === 'string') {
    const text = value.replaceAll(' ', '');
    if (text.length > PLACE_LENGTH_MAX || !place.test(text)) return undefined;
    const [lat = NaN, lng = NaN] = text.split(',').map(Number);
    return onEarth({ lat, lng });
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { lat, lng } = value as Partial<Record<keyof Place, unknown>>;
  return typeof lat === 'number' && typeof lng === 'number' ? onEarth({ lat, lng }) : undefined;
}

const onEarth = (place: Place): Place | undefined =>
  Math.abs(place.lat) <= 90 && Math.abs(place.lng) <= 180 ? place : undefined;

/** Parses an operand: latitude, longitude and a radius in kilometres, separated by commas. */
export function circleIn(input: string): Circle | undefined {
  const text = input.replaceAll(' ', '');
  if (!CIRCLE.test(text)) return undefined;
  const [lat = NaN, lng = NaN, km = NaN] = text.split(',').map(Number);
  const isAccepted = onEarth({ lat, lng }) && km >= 0 && km <= KM_MAX;
  if (!isAccepted) return undefined;
  return { lat, lng, cos_lat: Math.cos(lat * 2 * HALF_DEGREE), haversine: Math.sin(km / EARTH_KM / 2) ** 2 };
}

/** Compares great-circle distances. */
export function isWithin({ lat, lng, cos_lat, haversine }: Circle, value: unknown): boolean {
  const at = placeIn(value);
  if (!at) return false;
  const [up, along] = [Math.sin((at.lat - lat) * HALF_DEGREE), Math.sin((at.lng - lng) * HALF_DEGREE)];
  return up * up + cos_lat * Math.cos(at.lat * 2 * HALF_DEGREE) * along * along <= haversine;
}
