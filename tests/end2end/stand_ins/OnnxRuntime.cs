// Stands in for the class library Microsoft.ML.OnnxRuntime where there is none: the same names and types, as far as the C#
// app uses them. What is asked goes to onnxruntime in Python, a line a tensor.

using System;
using System.Collections;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;

namespace Microsoft.ML.OnnxRuntime.Tensors
{
    public enum TensorElementType { Float = 1, UInt8 = 2, String = 8 }

    public abstract class Tensor<T>
    {
        public T[] Values;
        public int[] Sizes;
    }

    public class DenseTensor<T> : Tensor<T>
    {
        public DenseTensor(T[] memory, int[] dimensions)
        {
            if (memory.Length != dimensions.Aggregate(1, (product, size) => product * size)) throw new ArgumentException("dimensions");
            Values = memory;
            Sizes = dimensions;
        }
    }
}

namespace Microsoft.ML.OnnxRuntime
{
    using Microsoft.ML.OnnxRuntime.Tensors;

    public class NamedOnnxValue
    {
        public string Name { get; protected set; }
        internal string Line;

        public static NamedOnnxValue CreateFromTensor<T>(string name, Tensor<T> value)
        {
            IEnumerable<string> words = value.Values.Select(item => item is string
                ? Convert.ToBase64String(Encoding.UTF8.GetBytes((string)(object)item))
                : Convert.ToDouble(item).ToString("R", CultureInfo.InvariantCulture));
            string encoded = Convert.ToBase64String(Encoding.UTF8.GetBytes(name));
            string line = encoded + "|" + typeof(T).Name + "|" + string.Join(" ", value.Sizes) + "|" + string.Join(" ", words);
            return new NamedOnnxValue { Name = name, Line = line };
        }
    }

    public class DisposableNamedOnnxValue : NamedOnnxValue, IDisposable
    {
        private readonly string[] words;

        public DisposableNamedOnnxValue(string line)
        {
            string[] parts = line.Split('|');
            Name = Encoding.UTF8.GetString(Convert.FromBase64String(parts[0]));
            ElementType = (TensorElementType)Enum.Parse(typeof(TensorElementType), parts[1]);
            words = parts[2] == "" ? new string[0] : parts[2].Split(' ');
        }

        public TensorElementType ElementType { get; private set; }

        public IEnumerable<T> AsEnumerable<T>()
        {
            if ((typeof(T) == typeof(string)) != (ElementType == TensorElementType.String)) throw new InvalidOperationException();
            if ((typeof(T) == typeof(byte)) != (ElementType == TensorElementType.UInt8)) throw new InvalidOperationException();
            return words.Select(word => typeof(T) == typeof(string)
                ? (T)(object)Encoding.UTF8.GetString(Convert.FromBase64String(word == "-" ? "" : word))
                : (T)Convert.ChangeType(double.Parse(word, CultureInfo.InvariantCulture), typeof(T)));
        }

        public void Dispose() { }
    }

    public interface IDisposableReadOnlyCollection<T> : IReadOnlyCollection<T>, IDisposable { }

    internal sealed class Results : List<DisposableNamedOnnxValue>, IDisposableReadOnlyCollection<DisposableNamedOnnxValue>
    {
        public void Dispose() { }
    }

    public sealed class InferenceSession : IDisposable
    {
        private readonly Process process;

        public InferenceSession(string path)
        {
            process = new Process();
            process.StartInfo = new ProcessStartInfo(Environment.GetEnvironmentVariable("STAND_IN_PYTHON"),
                "\"" + Environment.GetEnvironmentVariable("STAND_IN_SCRIPT") + "\" \"" + path + "\"");
            process.StartInfo.UseShellExecute = false;
            process.StartInfo.RedirectStandardInput = process.StartInfo.RedirectStandardOutput = true;
            process.Start();
        }

        public IDisposableReadOnlyCollection<DisposableNamedOnnxValue> Run(IReadOnlyCollection<NamedOnnxValue> inputs)
        {
            StreamWriter write = new StreamWriter(process.StandardInput.BaseStream, new UTF8Encoding(false));
            foreach (NamedOnnxValue input in inputs) write.Write(input.Line + "\n");
            write.Write("\n");
            write.Flush();
            Results results = new Results();
            for (string line = process.StandardOutput.ReadLine(); !string.IsNullOrEmpty(line); line = process.StandardOutput.ReadLine())
                results.Add(new DisposableNamedOnnxValue(line));
            if (results.Count == 0) throw new InvalidOperationException("onnxruntime did not answer");
            return results;
        }

        public void Dispose()
        {
            process.StandardInput.Close();
            process.WaitForExit();
        }
    }
}
