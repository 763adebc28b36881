// Reads what a person gives: PGM, PPM and PAM pictures, WAV sound, CSV tables, numbers and dates.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;

namespace NetworkApp
{
    /// <summary>Something that was given cannot be used; the message says what and why.</summary>
    public sealed class ReadingException : Exception
    {
        public ReadingException(string message) : base(message) { }
    }

    public sealed class Picture
    {
        public int Height, Width, Channels;
        public byte[] Pixels;
    }

    public static class Reading
    {
        private static byte[] Bytes(string path)
        {
            try
            {
                return File.ReadAllBytes(path);
            }
            catch (Exception error) when (error is IOException || error is UnauthorizedAccessException || error is ArgumentException || error is NotSupportedException)
            {
                throw new ReadingException("'" + path + "' cannot be read.");
            }
        }

        /// <summary>Rows of a table whose cells are parted by tabs and escaped.</summary>
        public static List<string[]> Rows(string path)
        {
            string text = new UTF8Encoding(false).GetString(Bytes(path));
            return text.Split('\n').Where(line => line != "").Select(line => line.Split('\t').Select(Unescaped).ToArray()).ToList();
        }

        private static string Unescaped(string text)
        {
            StringBuilder found = new StringBuilder();
            for (int i = 0; i < text.Length; i++)
            {
                if (text[i] != '\\' || i + 1 == text.Length)
                {
                    found.Append(text[i]);
                    continue;
                }
                char sign = text[++i];
                found.Append(sign == 't' ? '\t' : sign == 'n' ? '\n' : sign == 'r' ? '\r' : sign);
            }
            return found.ToString();
        }

        /// <summary>Rows of a CSV file; cells may stand in double quotes.</summary>
        public static List<List<string>> Csv(string path)
        {
            string text = new UTF8Encoding(false).GetString(Bytes(path)).TrimStart('\uFEFF');
            List<List<string>> rows = new List<List<string>> { new List<string>() };
            StringBuilder cell = new StringBuilder();
            bool quoted = false;
            for (int i = 0; i < text.Length; i++)
            {
                char sign = text[i];
                if (quoted)
                {
                    if (sign != '"') cell.Append(sign);
                    else if (i + 1 < text.Length && text[i + 1] == '"') cell.Append(text[++i]);
                    else quoted = false;
                }
                else if (sign == '"') quoted = true;
                else if (sign == ',' || sign == '\n')
                {
                    rows[rows.Count - 1].Add(cell.ToString());
                    cell.Clear();
                    if (sign == '\n') rows.Add(new List<string>());
                }
                else if (sign != '\r') cell.Append(sign);
            }
            if (cell.Length > 0 || rows[rows.Count - 1].Count > 0) rows[rows.Count - 1].Add(cell.ToString());
            else rows.RemoveAt(rows.Count - 1);
            return rows;
        }

        /// <summary>PGM (P5), PPM (P6) or PAM (P7), 8 bits a channel.</summary>
        public static Picture Picture(string path)
        {
            byte[] data = Bytes(path);
            int at = 2;
            Func<string> word = () =>
            {
                while (at < data.Length && (char.IsWhiteSpace((char)data[at]) || data[at] == '#'))
                {
                    if (data[at] == '#') while (at < data.Length && data[at] != '\n') at++;
                    else at++;
                }
                StringBuilder found = new StringBuilder();
                while (at < data.Length && !char.IsWhiteSpace((char)data[at])) found.Append((char)data[at++]);
                return found.ToString();
            };
            Func<string, int> whole = text =>
            {
                int value;
                return int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out value) ? value : 0;
            };
            Picture picture = new Picture();
            int largest = 0;
            string kind = data.Length < 2 ? "" : "" + (char)data[0] + (char)data[1];
            if (kind == "P5" || kind == "P6")
            {
                picture.Width = whole(word());
                picture.Height = whole(word());
                largest = whole(word());
                picture.Channels = kind == "P5" ? 1 : 3;
            }
            else if (kind == "P7")
            {
                for (string name = word(); name != "ENDHDR" && name != ""; name = word())
                {
                    int value = whole(word());
                    if (name == "WIDTH") picture.Width = value;
                    if (name == "HEIGHT") picture.Height = value;
                    if (name == "DEPTH") picture.Channels = value;
                    if (name == "MAXVAL") largest = value;
                }
            }
            at++; // one blank before the pixels
            long count = (long)picture.Width * picture.Height * picture.Channels;
            bool sound = picture.Width > 0 && picture.Height > 0 && picture.Channels >= 1 && picture.Channels <= 4 && largest == 255;
            if (!sound || at + count > data.Length)
                throw new ReadingException("'" + path + "' is no PGM, PPM or PAM picture with 8 bits a channel.");
            picture.Pixels = new byte[count];
            Array.Copy(data, at, picture.Pixels, 0, count);
            return picture;
        }

        /// <summary>One channel of a WAV with whole numbers or floats, which has to have the network's rate.</summary>
        public static float[] Sound(string path, double rate)
        {
            byte[] data = Bytes(path);
            Func<int, string> name = at => Encoding.ASCII.GetString(data, at, 4);
            if (data.Length < 12 || name(0) != "RIFF" || name(8) != "WAVE") throw new ReadingException("'" + path + "' is no WAV.");
            int kind = 0, channels = 0, bits = 0;
            long own = 0;
            for (int at = 12; at + 8 <= data.Length;)
            {
                int start = at + 8;
                int size = (int)Math.Min(BitConverter.ToUInt32(data, at + 4), (uint)(data.Length - start));
                if (name(at) == "fmt " && size >= 16)
                {
                    kind = BitConverter.ToUInt16(data, start);
                    channels = BitConverter.ToUInt16(data, start + 2);
                    own = BitConverter.ToUInt32(data, start + 4);
                    bits = BitConverter.ToUInt16(data, start + 14);
                    if (kind == 0xFFFE && size >= 26) kind = BitConverter.ToUInt16(data, start + 24);
                }
                if (name(at) == "data" && channels > 0)
                {
                    if (own != (long)rate)
                        throw new ReadingException("'" + path + "' has " + own + " samples a second; the network takes " + rate + ". Resample it first.");
                    bool known = (kind == 1 && (bits == 8 || bits == 16 || bits == 24 || bits == 32)) || (kind == 3 && bits == 32);
                    if (!known) throw new ReadingException("'" + path + "' is in a form that is not read here: save it as 16-bit WAV.");
                    int step = bits / 8, count = size / step / channels;
                    float[] samples = new float[count];
                    for (int i = 0; i < count; i++)
                    {
                        double sum = 0;
                        for (int channel = 0; channel < channels; channel++)
                        {
                            int place = start + (i * channels + channel) * step;
                            if (kind == 3) sum += BitConverter.ToSingle(data, place);
                            else if (bits == 8) sum += (data[place] - 128) / 128.0;
                            else if (bits == 16) sum += BitConverter.ToInt16(data, place) / 32768.0;
                            else if (bits == 32) sum += BitConverter.ToInt32(data, place) / 2147483648.0;
                            else sum += (((sbyte)data[place + 2] << 16) | BitConverter.ToUInt16(data, place)) / 8388608.0;
                        }
                        samples[i] = (float)(sum / channels);
                    }
                    return samples;
                }
                at = start + size + (size & 1);
            }
            throw new ReadingException("'" + path + "' holds no sound.");
        }

        /// <summary>A number; not-a-number where it is missing.</summary>
        public static double Number(string text, string field)
        {
            string word = text.Trim();
            if (word == "" || word == "?" || word == "NA" || word == "nan") return double.NaN;
            double value;
            if (!double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out value))
                throw new ReadingException(field + ": '" + word + "' is not a number.");
            return value;
        }

        /// <summary>Seconds since 1970 in UTC; not-a-number where it is missing.</summary>
        public static double Date(string text, string field)
        {
            string word = text.Trim();
            if (word == "" || word == "?" || word == "NA") return double.NaN;
            DateTime moment;
            if (!DateTime.TryParse(word, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out moment))
                throw new ReadingException(field + ": '" + word + "' is not a date such as 2021-03-04 15:30.");
            return (moment - new DateTime(1970, 1, 1, 0, 0, 0, DateTimeKind.Utc)).TotalSeconds;
        }

        /// <summary>Numbers parted by blanks, commas or semicolons.</summary>
        public static float[] Numbers(string text, string field)
        {
            string[] words = text.Split(new[] { ' ', ',', ';', '[', ']', '\t', '\n', '\r' }, StringSplitOptions.RemoveEmptyEntries);
            return words.Select(word => (float)Number(word, field)).ToArray();
        }
    }
}
