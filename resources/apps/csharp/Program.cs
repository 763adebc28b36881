// Runs the network in model.onnx with Microsoft.ML.OnnxRuntime.
//
//   dotnet run -- VALUE...            one sample: a value an input, in the order that --help names them, or NAME=VALUE
//   dotnet run -- --csv table.csv     each row of a table whose columns are named as the inputs
//   dotnet run -- --check             asks for the golden samples in expected.tsv and compares

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;

namespace NetworkApp
{
    public static class Program
    {
        public static int Main(string[] words)
        {
            Console.OutputEncoding = new UTF8Encoding(false);
            try
            {
                string folder = AppContext.BaseDirectory;
                using (Network network = new Network(folder))
                {
                    List<InputPort> asked = network.Asked();
                    if (words.Length == 1 && words[0] == "--check") return Check(network, folder);
                    if ((words.Length == 0 && asked.Count > 0) || (words.Length > 0 && words[0] == "--help"))
                    {
                        Console.WriteLine(network.Name + ": VALUE... | --csv FILE | --check");
                        foreach (InputPort input in asked) Console.WriteLine("  " + input.Name + " (" + input.Kind + ")");
                        return 0;
                    }
                    if (words.Length == 2 && words[0] == "--csv")
                    {
                        List<List<string>> rows = Reading.Csv(words[1]);
                        for (int line = 1; line < rows.Count; line++)
                        {
                            Dictionary<string, string> row = new Dictionary<string, string>();
                            for (int column = 0; column < rows[0].Count && column < rows[line].Count; column++)
                                if (asked.Any(input => input.Name == rows[0][column])) row[rows[0][column]] = rows[line][column];
                            Console.WriteLine("line " + (line + 1));
                            Show(network, row);
                        }
                        return 0;
                    }
                    Show(network, Given(words, asked));
                    return 0;
                }
            }
            catch (ReadingException error)
            {
                Console.Error.WriteLine(error.Message);
                return 1;
            }
        }

        private static Dictionary<string, string> Given(string[] words, List<InputPort> asked)
        {
            Dictionary<string, string> values = new Dictionary<string, string>();
            for (int place = 0; place < words.Length; place++)
            {
                int mark = words[place].IndexOf('=');
                string name = mark < 0 ? "" : words[place].Substring(0, mark);
                if (mark >= 0 && asked.Any(input => input.Name == name)) values[name] = words[place].Substring(mark + 1);
                else if (place < asked.Count) values[asked[place].Name] = words[place];
            }
            return values;
        }

        private static string Plain(double number)
        {
            return number.ToString("G7", CultureInfo.InvariantCulture);
        }

        private static void Show(Network network, Dictionary<string, string> given)
        {
            Dictionary<string, Answer> found = network.Run(given);
            foreach (OutputPort output in network.Outputs)
            {
                if (output.Writes != null)
                {
                    Console.WriteLine(output.Field + ": " + network.Write(output, given));
                }
                else if (output.Label != "")
                {
                    double[] scores = found[output.Scores].Numbers;
                    string[] labels = found[output.Label].Strings.Where(label => label != "").ToArray();
                    Console.WriteLine(output.Field + ": " + (labels.Length > 0 ? string.Join(", ", labels) : "none"));
                    foreach (int place in Enumerable.Range(0, scores.Length).OrderByDescending(place => scores[place]).Take(5))
                        Console.WriteLine("  " + (100 * scores[place]).ToString("F2", CultureInfo.InvariantCulture).PadLeft(6) + " %  " + output.Classes[place]);
                }
                else if (output.Scores != "")
                {
                    double[] mask = found[output.Value].Numbers;
                    Console.WriteLine(output.Field + ":");
                    for (int place = 0; place < output.Classes.Count; place++)
                    {
                        double share = 100.0 * mask.Count(value => value == place) / Math.Max(1, mask.Length);
                        if (share > 0) Console.WriteLine("  " + share.ToString("F2", CultureInfo.InvariantCulture).PadLeft(6) + " %  " + output.Classes[place]);
                    }
                }
                else
                {
                    Console.WriteLine(output.Field + ": " + string.Join(" ", found[output.Value].Numbers.Take(1000).Select(Plain)));
                }
            }
        }

        private static int Check(Network network, string folder)
        {
            double tolerance = 1e-3, largest = 0;
            int right = 0, count = 0;
            List<string[]> rows = Reading.Rows(Path.Combine(folder, "expected.tsv"));
            rows.Add(new[] { "sample", "" });
            Dictionary<string, string> given = new Dictionary<string, string>();
            List<string[]> wanted = new List<string[]>();
            string name = "";
            foreach (string[] row in rows)
            {
                if (row[0] == "tolerance") tolerance = double.Parse(row[1], CultureInfo.InvariantCulture);
                if (row[0] == "give") given[row[1]] = row[2] == "file" ? Path.Combine(folder, row[3]) : row[3];
                if (row[0] == "strings" || row[0] == "numbers") wanted.Add(row);
                if (row[0] != "sample") continue;
                if (name != "")
                {
                    Dictionary<string, Answer> found = network.Run(given);
                    bool good = true;
                    foreach (string[] expected in wanted)
                    {
                        Answer answer = found[expected[1]];
                        if (expected[0] == "strings")
                        {
                            good = good && answer.Strings.SequenceEqual(expected.Skip(2));
                            continue;
                        }
                        double[] numbers = expected[2].Split(new[] { ' ' }, StringSplitOptions.RemoveEmptyEntries)
                            .Select(word => Reading.Number(word, expected[1])).ToArray();
                        double scale = Math.Max(1.0, numbers.Length == 0 ? 0 : numbers.Max(number => Math.Abs(number)));
                        int off = 0;
                        for (int place = 0; place < numbers.Length; place++)
                        {
                            double difference = place < answer.Numbers.Length ? Math.Abs(numbers[place] - answer.Numbers[place]) / scale : 1e9;
                            if (answer.Whole) off += difference > 0 ? 1 : 0;
                            else
                            {
                                largest = Math.Max(largest, difference);
                                off += difference > tolerance ? 1 : 0;
                            }
                        }
                        good = good && (answer.Whole ? off <= numbers.Length / 1000 : off == 0);
                    }
                    count++;
                    if (good) right++;
                    else Console.Error.WriteLine(name + " is answered otherwise.");
                }
                name = row[1];
                given = new Dictionary<string, string>();
                wanted.Clear();
            }
            Console.WriteLine(right + " of " + count + " golden samples answered as in training, largest difference " +
                largest.ToString("G2", CultureInfo.InvariantCulture));
            return right == count ? 0 : 1;
        }
    }
}
