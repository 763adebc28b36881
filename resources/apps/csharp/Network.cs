// The network in model.onnx: values by name in, answers out. What it takes and gives stands in model.tsv.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace NetworkApp
{
    public sealed class InputPort
    {
        public string Name, Field, Kind, Extra;
        public double Number; // samples a second of sound, spread of noise
        public int[] Sizes; // without the batch axis, -1 where free
        public bool Written; // a text as far as it is written
    }

    public sealed class TextWriting
    {
        public string Input, Unit, Closing, Opening;
        public int First, End, Room, Most;
    }

    public sealed class OutputPort
    {
        public string Field, Kind, Label, Scores, Value;
        public List<string> Classes = new List<string>();
        public TextWriting Writes;
    }

    public sealed class Answer
    {
        public string[] Strings = new string[0];
        public double[] Numbers = new double[0];
        public bool Whole;
    }

    public sealed class Network : IDisposable
    {
        public string Name = "";
        public readonly List<InputPort> Inputs = new List<InputPort>();
        public readonly List<OutputPort> Outputs = new List<OutputPort>();
        private readonly InferenceSession session;
        private readonly Random random = new Random();

        public Network(string folder)
        {
            foreach (string[] row in Reading.Rows(Path.Combine(folder, "model.tsv")))
            {
                if (row[0] == "name") Name = row[1];
                if (row[0] == "input")
                    Inputs.Add(new InputPort
                    {
                        Name = row[1], Field = row[2], Kind = row[3],
                        Number = double.Parse(row[4], CultureInfo.InvariantCulture),
                        Sizes = row[5].Split(new[] { ' ' }, StringSplitOptions.RemoveEmptyEntries).Select(Whole).ToArray(),
                        Extra = row[6], Written = row[7] == "written",
                    });
                if (row[0] == "output")
                    Outputs.Add(new OutputPort { Field = row[1], Kind = row[2], Label = row[3], Scores = row[4], Value = row[5] });
                if (row[0] == "class") Outputs[Outputs.Count - 1].Classes.Add(row[1]);
                if (row[0] == "writes")
                    Outputs[Outputs.Count - 1].Writes = new TextWriting
                    {
                        Input = row[1], First = Whole(row[2]), End = Whole(row[3]), Unit = row[4],
                        Room = Whole(row[5]), Most = Whole(row[6]), Closing = row[7], Opening = row[8],
                    };
            }
            session = new InferenceSession(Path.Combine(folder, "model.onnx"));
        }

        public void Dispose()
        {
            session.Dispose();
        }

        private static int Whole(string text)
        {
            return int.Parse(text, CultureInfo.InvariantCulture);
        }

        /// <summary>The inputs a person gives a value for.</summary>
        public List<InputPort> Asked()
        {
            return Inputs.Where(input => input.Kind != "noise" && !(input.Written && Inputs.Count > 1)).ToList();
        }

        /// <summary>All outputs for one sample, without a batch axis.</summary>
        public Dictionary<string, Answer> Run(Dictionary<string, string> given)
        {
            List<NamedOnnxValue> feeds = new List<NamedOnnxValue>();
            foreach (InputPort input in Inputs)
            {
                string value;
                bool known = given.TryGetValue(input.Name, out value);
                if (!known && input.Kind != "noise" && !input.Written)
                    throw new ReadingException("There is no value for '" + input.Name + "'.");
                feeds.Add(Feed(input, known ? value : null));
            }
            Dictionary<string, Answer> answers = new Dictionary<string, Answer>();
            using (IDisposableReadOnlyCollection<DisposableNamedOnnxValue> results = session.Run(feeds))
                foreach (DisposableNamedOnnxValue result in results) answers[result.Name] = Read(result);
            return answers;
        }

        private NamedOnnxValue Feed(InputPort input, string value)
        {
            switch (input.Kind)
            {
                case "image":
                    Picture picture = Reading.Picture(value);
                    int[] sizes = { 1, picture.Height, picture.Width, picture.Channels };
                    return NamedOnnxValue.CreateFromTensor(input.Name, new DenseTensor<byte>(picture.Pixels, sizes));
                case "category":
                case "text":
                case "labels":
                    string text = value ?? "";
                    if (input.Kind == "labels" && text == "") text = input.Extra;
                    return NamedOnnxValue.CreateFromTensor(input.Name, new DenseTensor<string>(new[] { text }, new[] { 1 }));
                case "date":
                    double[] seconds = { Reading.Date(value, input.Field) };
                    return NamedOnnxValue.CreateFromTensor(input.Name, new DenseTensor<double>(seconds, new[] { 1 }));
                case "number":
                    float[] number = { (float)Reading.Number(value, input.Field) };
                    return NamedOnnxValue.CreateFromTensor(input.Name, new DenseTensor<float>(number, new[] { 1 }));
                case "audio":
                    float[] samples = Reading.Sound(value, input.Number);
                    return NamedOnnxValue.CreateFromTensor(input.Name, new DenseTensor<float>(samples, new[] { 1, samples.Length }));
                default:
                    float[] numbers = value == null ? Noise(input) : Reading.Numbers(value, input.Field);
                    int wanted = input.Sizes.Aggregate(1, (product, size) => product * size);
                    if (input.Sizes.All(size => size > 0) && wanted != numbers.Length)
                        throw new ReadingException(input.Field + ": expected " + wanted + " numbers, found " + numbers.Length + ".");
                    return NamedOnnxValue.CreateFromTensor(input.Name, new DenseTensor<float>(numbers, new[] { 1 }.Concat(input.Sizes).ToArray()));
            }
        }

        private float[] Noise(InputPort input)
        {
            int count = input.Sizes.Aggregate(1, (product, size) => product * size);
            double wide = Math.Sqrt(3) * input.Number;
            return Enumerable.Range(0, count).Select(place =>
            {
                if (input.Extra == "uniform") return (float)((2 * random.NextDouble() - 1) * wide);
                double radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
                return (float)(radius * Math.Cos(2 * Math.PI * random.NextDouble()) * input.Number);
            }).ToArray();
        }

        private static Answer Read(DisposableNamedOnnxValue result)
        {
            Answer answer = new Answer();
            if (result.ElementType == TensorElementType.String) answer.Strings = result.AsEnumerable<string>().ToArray();
            else if (result.ElementType == TensorElementType.UInt8)
            {
                answer.Numbers = result.AsEnumerable<byte>().Select(value => (double)value).ToArray();
                answer.Whole = true;
            }
            else answer.Numbers = result.AsEnumerable<float>().Select(value => (double)value).ToArray();
            return answer;
        }

        /// <summary>A text, token by token; the likeliest one each time.</summary>
        public string Write(OutputPort output, Dictionary<string, string> given)
        {
            TextWriting writes = output.Writes;
            Dictionary<string, string> values = new Dictionary<string, string>(given);
            string text = values.ContainsKey(writes.Input) ? values[writes.Input] : "";
            for (int step = 0; step < writes.Most; step++)
            {
                values[writes.Input] = SeenEnd(text, writes);
                double[] scores = Run(values)[output.Scores].Numbers;
                int best = -1;
                for (int token = 0; token < scores.Length; token++)
                    if ((token >= writes.First || token == writes.End) && (best < 0 || scores[token] > scores[best])) best = token;
                if (best < 0 || best == writes.End) break;
                text = Joined(text, output.Classes[best], writes);
            }
            return text;
        }

        /// <summary>The end of a text, no longer than the network looks back.</summary>
        private static string SeenEnd(string text, TextWriting writes)
        {
            if (writes.Unit == "character")
            {
                int[] starts = StringInfo.ParseCombiningCharacters(text);
                return starts.Length > writes.Room ? text.Substring(starts[starts.Length - writes.Room]) : text;
            }
            string[] words = text.Split(' ');
            return words.Length > writes.Room ? string.Join(" ", words.Skip(words.Length - writes.Room)) : text;
        }

        private static string Joined(string text, string piece, TextWriting writes)
        {
            bool apart = writes.Unit == "word" && text != "" && !writes.Closing.Contains(piece);
            apart = apart && writes.Opening.IndexOf(text[text.Length - 1]) < 0;
            return text + (apart ? " " : "") + piece;
        }
    }
}
