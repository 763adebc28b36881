// Runs the network in model.onnx with onnxruntime's C++ interface.
//
//   network VALUE...            one sample: a value an input, in the order that --help names them, or NAME=VALUE
//   network --csv table.csv     each row of a table whose columns are named as the inputs
//   network --check             asks for the golden samples in expected.tsv and compares
//
// Pictures are PGM, PPM or PAM files (8 bits), sound is WAV, the rest is text. What the network takes and gives stands
// in model.tsv. Set NETWORK_FOLDER when the files do not lie beside the program or in the current folder.

#include <onnxruntime_cxx_api.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

struct Input {
  std::string name, field, kind, extra;
  double number = 0;           // samples a second of sound, spread of noise
  std::vector<int64_t> sizes;  // without the batch axis, -1 where free
  bool written = false;        // a text as far as it is written
};

struct Writes {
  std::string input, unit, closing, opening;
  int first = 0, end = -1, room = 1, most = 0;
};

struct Output {
  std::string field, kind, label, scores, value;
  Strings classes;
  bool writes_on = false;
  Writes writes;
};

// ---- Small files ------------------------------------------------------------------------------------------------

static std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("'" + path.u8string() + "' cannot be read.");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

static Strings split(const std::string& text, char mark) {
  Strings parts(1);
  for (char sign : text)
    if (sign == mark) parts.emplace_back();
    else parts.back() += sign;
  return parts;
}

static std::string unescaped(const std::string& text) {
  std::string found;
  for (size_t i = 0; i < text.size(); i++) {
    if (text[i] != '\\' || i + 1 == text.size()) { found += text[i]; continue; }
    char sign = text[++i];
    found += sign == 't' ? '\t' : sign == 'n' ? '\n' : sign == 'r' ? '\r' : sign;
  }
  return found;
}

// Rows of a table whose cells are parted by tabs and escaped.
static std::vector<Strings> read_rows(const fs::path& path) {
  std::vector<Strings> rows;
  for (const std::string& line : split(read_file(path), '\n')) {
    if (line.empty()) continue;
    Strings cells = split(line, '\t');
    for (std::string& cell : cells) cell = unescaped(cell);
    rows.push_back(cells);
  }
  return rows;
}

static std::string trimmed(const std::string& text) {
  size_t from = text.find_first_not_of(" \t\r\n"), to = text.find_last_not_of(" \t\r\n");
  return from == std::string::npos ? "" : text.substr(from, to - from + 1);
}

// Rows of a CSV file; cells may stand in double quotes.
static std::vector<Strings> read_csv(const fs::path& path) {
  std::string text = read_file(path);
  if (text.rfind("\xEF\xBB\xBF", 0) == 0) text.erase(0, 3);
  std::vector<Strings> rows(1, Strings(1));
  bool quoted = false;
  for (size_t i = 0; i < text.size(); i++) {
    char sign = text[i];
    if (quoted) {
      if (sign != '"') rows.back().back() += sign;
      else if (i + 1 < text.size() && text[i + 1] == '"') rows.back().back() += text[++i];
      else quoted = false;
    } else if (sign == '"') quoted = true;
    else if (sign == ',') rows.back().emplace_back();
    else if (sign == '\n') rows.emplace_back(1);
    else if (sign != '\r') rows.back().back() += sign;
  }
  if (rows.back() == Strings(1)) rows.pop_back();
  return rows;
}

// ---- What a person gives ----------------------------------------------------------------------------------------

struct Picture {
  int64_t height = 0, width = 0, channels = 0;
  std::vector<uint8_t> pixels;
};

// PGM (P5), PPM (P6) or PAM (P7), 8 bits a channel.
static Picture read_picture(const fs::path& path) {
  std::string data = read_file(path);
  size_t at = 2;
  auto word = [&]() {
    while (at < data.size() && (std::isspace(static_cast<unsigned char>(data[at])) || data[at] == '#')) {
      if (data[at] == '#') while (at < data.size() && data[at] != '\n') at++;
      else at++;
    }
    std::string found;
    while (at < data.size() && !std::isspace(static_cast<unsigned char>(data[at]))) found += data[at++];
    return found;
  };
  Picture picture;
  int64_t largest = 0;
  std::string kind = data.substr(0, 2);
  if (kind == "P5" || kind == "P6") {
    picture.width = std::atoll(word().c_str());
    picture.height = std::atoll(word().c_str());
    largest = std::atoll(word().c_str());
    picture.channels = kind == "P5" ? 1 : 3;
  } else if (kind == "P7") {
    for (std::string name = word(); name != "ENDHDR" && !name.empty(); name = word()) {
      std::string value = word();
      if (name == "WIDTH") picture.width = std::atoll(value.c_str());
      if (name == "HEIGHT") picture.height = std::atoll(value.c_str());
      if (name == "DEPTH") picture.channels = std::atoll(value.c_str());
      if (name == "MAXVAL") largest = std::atoll(value.c_str());
    }
  }
  at++;  // one blank before the pixels
  const int64_t side = 1 << 16;
  bool sound = picture.width > 0 && picture.height > 0 && picture.width < side && picture.height < side;
  sound = sound && picture.channels >= 1 && picture.channels <= 4 && largest == 255;
  size_t count = sound ? static_cast<size_t>(picture.width * picture.height * picture.channels) : 0;
  if (!sound || at + count > data.size())
    throw std::runtime_error("'" + path.u8string() + "' is no PGM, PPM or PAM picture with 8 bits a channel.");
  picture.pixels.assign(data.begin() + at, data.begin() + at + count);
  return picture;
}

template <typename T>
static T number_at(const std::string& data, size_t at) {
  if (at + sizeof(T) > data.size()) throw std::runtime_error("The file ends too early.");
  T value;
  std::memcpy(&value, data.data() + at, sizeof(T));  // files are little-endian, as are the machines this is built for
  return value;
}

// One channel of a WAV with whole numbers or floats, which has to have the network's rate.
static std::vector<float> read_sound(const fs::path& path, double rate) {
  std::string data = read_file(path);
  std::string told = "'" + path.u8string() + "'";
  if (data.substr(0, 4) != "RIFF" || data.substr(8, 4) != "WAVE") throw std::runtime_error(told + " is no WAV.");
  int kind = 0, channels = 0, bits = 0;
  double own = 0;
  for (size_t at = 12; at + 8 <= data.size();) {
    std::string name = data.substr(at, 4);
    size_t size = number_at<uint32_t>(data, at + 4), start = at + 8;
    size = std::min(size, data.size() - start);
    if (name == "fmt ") {
      kind = number_at<uint16_t>(data, start);
      channels = number_at<uint16_t>(data, start + 2);
      own = number_at<uint32_t>(data, start + 4);
      bits = number_at<uint16_t>(data, start + 14);
      if (kind == 0xFFFE && size >= 26) kind = number_at<uint16_t>(data, start + 24);
    }
    if (name == "data" && channels > 0) {
      if (own != rate)
        throw std::runtime_error(told + " has " + std::to_string(static_cast<int>(own)) + " samples a second; the network takes " +
                                 std::to_string(static_cast<int>(rate)) + ". Resample it first.");
      bool known = (kind == 1 && (bits == 8 || bits == 16 || bits == 24 || bits == 32)) || (kind == 3 && bits == 32);
      if (!known) throw std::runtime_error(told + " is in a form that is not read here: save it as 16-bit WAV.");
      size_t step = bits / 8, count = size / step / channels;
      std::vector<float> samples(count);
      for (size_t i = 0; i < count; i++) {
        double sum = 0;
        for (int channel = 0; channel < channels; channel++) {
          size_t place = start + (i * channels + channel) * step;
          if (kind == 3) sum += number_at<float>(data, place);
          else if (bits == 8) sum += (number_at<uint8_t>(data, place) - 128) / 128.0;
          else if (bits == 16) sum += number_at<int16_t>(data, place) / 32768.0;
          else if (bits == 32) sum += number_at<int32_t>(data, place) / 2147483648.0;
          else sum += ((number_at<int8_t>(data, place + 2) * 65536) + number_at<uint16_t>(data, place)) / 8388608.0;
        }
        samples[i] = static_cast<float>(sum / channels);
      }
      return samples;
    }
    at = start + size + (size & 1);
  }
  throw std::runtime_error(told + " holds no sound.");
}

static double read_number(const std::string& text, const std::string& field) {
  std::string word = trimmed(text);
  if (word.empty() || word == "?" || word == "NA" || word == "nan") return std::nan("");
  std::istringstream stream(word);
  stream.imbue(std::locale::classic());
  double value = 0;
  if (!(stream >> value) || stream.peek() != EOF) throw std::runtime_error(field + ": '" + word + "' is not a number.");
  return value;
}

// Seconds since 1970 in UTC of 2021-03-04, 2021-03-04 15:30 or 2021-03-04T15:30:20.
static double read_date(const std::string& text, const std::string& field) {
  std::string word = trimmed(text);
  if (word.empty() || word == "?" || word == "NA") return std::nan("");
  int year = 0, month = 0, day = 0, hour = 0, minute = 0;
  double second = 0;
  char mark = 0;
  int found = std::sscanf(word.c_str(), "%d-%d-%d%c%d:%d:%lf", &year, &month, &day, &mark, &hour, &minute, &second);
  if (found < 3 || found == 4 || found == 5 || month < 1 || month > 12 || day < 1 || day > 31)
    throw std::runtime_error(field + ": '" + word + "' is not a date such as 2021-03-04 15:30.");
  // Days since 1970 in the Gregorian calendar, with years that begin in March.
  int64_t shifted = year - (month <= 2), era = (shifted >= 0 ? shifted : shifted - 399) / 400, of_era = shifted - era * 400;
  int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  int64_t days = era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
  return days * 86400.0 + hour * 3600.0 + minute * 60.0 + second;
}

static std::vector<float> read_numbers(const std::string& text, const Input& input) {
  std::string plain = text;
  for (char& sign : plain)
    if (sign == ',' || sign == ';' || sign == '[' || sign == ']') sign = ' ';
  std::vector<float> values;
  std::istringstream words(plain);
  for (std::string word; words >> word;) values.push_back(static_cast<float>(read_number(word, input.field)));
  int64_t wanted = 1;
  bool fixed = true;
  for (int64_t size : input.sizes) { wanted *= size; fixed = fixed && size > 0; }
  if (fixed && wanted != static_cast<int64_t>(values.size()))
    throw std::runtime_error(input.field + ": expected " + std::to_string(wanted) + " numbers, found " + std::to_string(values.size()) + ".");
  return values;
}

// ---- The network ------------------------------------------------------------------------------------------------

// A tensor with the memory it stands on.
struct Tensor {
  std::vector<uint8_t> bytes;
  std::vector<float> floats;
  std::vector<double> doubles;
  std::vector<int64_t> shape;
  std::string text;
  Ort::Value value{nullptr};
};

// An output on this side: strings, or numbers as doubles.
struct Answer {
  Strings strings;
  std::vector<double> numbers;
  std::vector<int64_t> shape;
  bool whole = false;
};

using Given = std::map<std::string, std::string>;
using Answers = std::map<std::string, Answer>;

class Network {
 public:
  explicit Network(const fs::path& folder) : folder_(folder), environment_(ORT_LOGGING_LEVEL_ERROR, "network") {
    for (const Strings& row : read_rows(folder / "model.tsv")) {
      if (row[0] == "name" && row.size() >= 2) name = row[1];
      if (row[0] == "input" && row.size() >= 8) {
        Input input;
        input.name = row[1]; input.field = row[2]; input.kind = row[3];
        input.number = std::strtod(row[4].c_str(), nullptr);
        for (const std::string& size : split(row[5], ' '))
          if (!size.empty()) input.sizes.push_back(std::atoll(size.c_str()));
        input.extra = row[6];
        input.written = row[7] == "written";
        inputs.push_back(input);
      }
      if (row[0] == "output" && row.size() >= 6) {
        Output output;
        output.field = row[1]; output.kind = row[2]; output.label = row[3]; output.scores = row[4]; output.value = row[5];
        outputs.push_back(output);
      }
      if (row[0] == "class" && row.size() >= 2 && !outputs.empty()) outputs.back().classes.push_back(row[1]);
      if (row[0] == "writes" && row.size() >= 9 && !outputs.empty()) {
        Writes& writes = outputs.back().writes;
        outputs.back().writes_on = true;
        writes.input = row[1]; writes.unit = row[4]; writes.closing = row[7]; writes.opening = row[8];
        writes.first = std::atoi(row[2].c_str()); writes.end = std::atoi(row[3].c_str());
        writes.room = std::atoi(row[5].c_str()); writes.most = std::atoi(row[6].c_str());
      }
    }
    Ort::SessionOptions options;
    options.SetGraphOptimizationLevel(GraphOptimizationLevel::ORT_ENABLE_ALL);
    session_ = Ort::Session(environment_, (folder / "model.onnx").c_str(), options);
    Ort::AllocatorWithDefaultOptions allocator;
    for (size_t i = 0; i < session_.GetOutputCount(); i++)
      output_names_.push_back(session_.GetOutputNameAllocated(i, allocator).get());
  }

  // The inputs a person gives a value for.
  std::vector<const Input*> asked() const {
    std::vector<const Input*> found;
    for (const Input& input : inputs)
      if (input.kind != "noise" && !(input.written && inputs.size() > 1)) found.push_back(&input);
    return found;
  }

  // All outputs for one sample, without a batch axis.
  Answers run(const Given& given) {
    std::vector<Tensor> tensors(inputs.size());
    std::vector<const char*> names;
    std::vector<Ort::Value> values;
    for (size_t i = 0; i < inputs.size(); i++) {
      auto found = given.find(inputs[i].name);
      bool drawn = inputs[i].kind == "noise" || inputs[i].written;
      if (found == given.end() && !drawn) throw std::runtime_error("There is no value for '" + inputs[i].name + "'.");
      fill(tensors[i], inputs[i], found == given.end() ? nullptr : &found->second);
      names.push_back(inputs[i].name.c_str());
      values.push_back(std::move(tensors[i].value));
    }
    std::vector<const char*> wanted;
    for (const std::string& output : output_names_) wanted.push_back(output.c_str());
    std::vector<Ort::Value> results =
        session_.Run(Ort::RunOptions{nullptr}, names.data(), values.data(), values.size(), wanted.data(), wanted.size());
    Answers answers;
    for (size_t i = 0; i < results.size(); i++) answers[output_names_[i]] = read(results[i]);
    return answers;
  }

  // A text, token by token; the likeliest one each time.
  std::string write(const Output& output, Given given) {
    const Writes& writes = output.writes;
    std::string text = given.count(writes.input) ? given[writes.input] : "";
    for (int step = 0; step < writes.most; step++) {
      given[writes.input] = seen_end(text, writes);
      const std::vector<double> scores = run(given)[output.scores].numbers;
      int best = -1;
      for (int token = 0; token < static_cast<int>(scores.size()); token++)
        if ((token >= writes.first || token == writes.end) && (best < 0 || scores[token] > scores[best])) best = token;
      if (best < 0 || best == writes.end) break;
      text = joined(text, output.classes[best], writes);
    }
    return text;
  }

  std::string name;
  std::vector<Input> inputs;
  std::vector<Output> outputs;

 private:
  void fill(Tensor& tensor, const Input& input, const std::string* given) {
    Ort::MemoryInfo memory = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
    tensor.shape = {1};
    if (input.kind == "image") {
      Picture picture = read_picture(fs::u8path(*given));
      tensor.bytes = std::move(picture.pixels);
      tensor.shape = {1, picture.height, picture.width, picture.channels};
      tensor.value = Ort::Value::CreateTensor<uint8_t>(memory, tensor.bytes.data(), tensor.bytes.size(), tensor.shape.data(), 4);
    } else if (input.kind == "category" || input.kind == "text" || input.kind == "labels") {
      Ort::AllocatorWithDefaultOptions allocator;
      tensor.text = given == nullptr ? "" : *given;
      if (input.kind == "labels" && tensor.text.empty()) tensor.text = input.extra;
      tensor.value = Ort::Value::CreateTensor(allocator, tensor.shape.data(), 1, ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING);
      const char* texts[] = {tensor.text.c_str()};
      tensor.value.FillStringTensor(texts, 1);
    } else if (input.kind == "date") {
      tensor.doubles = {read_date(*given, input.field)};
      tensor.value = Ort::Value::CreateTensor<double>(memory, tensor.doubles.data(), 1, tensor.shape.data(), 1);
    } else {
      if (input.kind == "number") tensor.floats = {static_cast<float>(read_number(*given, input.field))};
      else if (input.kind == "audio") tensor.floats = read_sound(fs::u8path(*given), input.number);
      else if (given != nullptr) tensor.floats = read_numbers(*given, input);
      else tensor.floats = noise(input);
      if (input.kind == "audio") tensor.shape.push_back(static_cast<int64_t>(tensor.floats.size()));
      else if (input.kind != "number") tensor.shape.insert(tensor.shape.end(), input.sizes.begin(), input.sizes.end());
      tensor.value = Ort::Value::CreateTensor<float>(memory, tensor.floats.data(), tensor.floats.size(), tensor.shape.data(), tensor.shape.size());
    }
  }

  std::vector<float> noise(const Input& input) {
    size_t count = 1;
    for (int64_t size : input.sizes) count *= static_cast<size_t>(size);
    std::vector<float> values(count);
    std::normal_distribution<float> normal(0.0f, static_cast<float>(input.number));
    float wide = static_cast<float>(std::sqrt(3.0) * input.number);
    std::uniform_real_distribution<float> uniform(-wide, wide);
    for (float& value : values) value = input.extra == "uniform" ? uniform(random_) : normal(random_);
    return values;
  }

  static Answer read(const Ort::Value& value) {
    Answer answer;
    auto info = value.GetTensorTypeAndShapeInfo();
    std::vector<int64_t> shape = info.GetShape();
    answer.shape.assign(shape.begin() + (shape.empty() ? 0 : 1), shape.end());
    size_t count = info.GetElementCount();
    switch (info.GetElementType()) {
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING: {
        size_t length = value.GetStringTensorDataLength();
        std::string joined(length, '\0');
        std::vector<size_t> starts(count);
        value.GetStringTensorContent(joined.data(), length, starts.data(), count);
        for (size_t i = 0; i < count; i++)
          answer.strings.push_back(joined.substr(starts[i], (i + 1 < count ? starts[i + 1] : length) - starts[i]));
        break;
      }
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8: {
        const uint8_t* data = value.GetTensorData<uint8_t>();
        answer.numbers.assign(data, data + count);
        answer.whole = true;
        break;
      }
      default: {
        const float* data = value.GetTensorData<float>();
        answer.numbers.assign(data, data + count);
      }
    }
    return answer;
  }

  // The end of a text, no longer than the network looks back: so many characters, or words between blanks.
  static std::string seen_end(const std::string& text, const Writes& writes) {
    int left = writes.room;
    size_t at = text.size();
    while (at > 0) {
      size_t before = at - 1;
      if (writes.unit == "character") {
        while (before > 0 && (static_cast<unsigned char>(text[before]) & 0xC0) == 0x80) before--;
      } else {
        while (before > 0 && text[before - 1] != ' ') before--;
      }
      if (left-- == 0) break;
      at = before;
      if (writes.unit != "character" && at > 0) at--;
    }
    return text.substr(at);
  }

  static std::string joined(const std::string& text, const std::string& piece, const Writes& writes) {
    bool apart = writes.unit == "word" && !text.empty() && writes.closing.find(piece) == std::string::npos;
    apart = apart && writes.opening.find(text.back()) == std::string::npos;
    return text + (apart ? " " : "") + piece;
  }

  fs::path folder_;
  Ort::Env environment_;
  Ort::Session session_{nullptr};
  Strings output_names_;
  std::mt19937 random_{std::random_device{}()};
};

// ---- Answers in words ---------------------------------------------------------------------------------------------

static void show(Network& network, const Given& given) {
  Answers found = network.run(given);
  for (const Output& output : network.outputs) {
    std::cout << output.field << ": ";
    if (output.writes_on) {
      std::cout << network.write(output, given) << "\n";
    } else if (!output.label.empty()) {
      const std::vector<double>& scores = found[output.scores].numbers;
      std::vector<size_t> order(scores.size());
      for (size_t i = 0; i < order.size(); i++) order[i] = i;
      std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return scores[a] > scores[b]; });
      std::string labels;
      for (const std::string& label : found[output.label].strings)
        if (!label.empty()) labels += (labels.empty() ? "" : ", ") + label;
      std::cout << (labels.empty() ? "none" : labels) << "\n";
      for (size_t place = 0; place < std::min<size_t>(5, order.size()); place++)
        std::printf("  %6.2f %%  %s\n", 100 * scores[order[place]], output.classes[order[place]].c_str());
    } else if (!output.scores.empty()) {
      const std::vector<double>& mask = found[output.value].numbers;
      std::vector<size_t> counts(output.classes.size());
      for (double value : mask)
        if (value < counts.size()) counts[static_cast<size_t>(value)]++;
      std::cout << "\n";
      for (size_t i = 0; i < counts.size(); i++)
        if (counts[i]) std::printf("  %6.2f %%  %s\n", 100.0 * counts[i] / mask.size(), output.classes[i].c_str());
    } else {
      const std::vector<double>& numbers = found[output.value].numbers;
      for (size_t i = 0; i < numbers.size() && i < 1000; i++) std::printf(i ? " %.7g" : "%.7g", numbers[i]);
      std::cout << "\n";
    }
    std::fflush(stdout);
  }
}

static int check(Network& network, const fs::path& folder) {
  double tolerance = 1e-3, largest = 0;
  int right = 0, count = 0;
  std::vector<Strings> rows = read_rows(folder / "expected.tsv");
  rows.push_back({"sample", ""});
  Given given;
  std::vector<Strings> wanted;
  std::string name;
  for (const Strings& row : rows) {
    if (row[0] == "tolerance") tolerance = std::strtod(row[1].c_str(), nullptr);
    if (row[0] == "give") given[row[1]] = row[2] == "file" ? (folder / fs::u8path(row[3])).u8string() : row[3];
    if (row[0] == "strings" || row[0] == "numbers") wanted.push_back(row);
    if (row[0] != "sample") continue;
    if (!name.empty()) {
      Answers found = network.run(given);
      bool good = true;
      for (const Strings& expected : wanted) {
        const Answer& answer = found[expected[1]];
        if (expected[0] == "strings") {
          good = good && answer.strings == Strings(expected.begin() + 2, expected.end());
          continue;
        }
        std::vector<double> numbers;
        for (const std::string& word : split(expected[2], ' '))
          if (!word.empty()) numbers.push_back(read_number(word, expected[1]));
        double scale = 1;
        for (double number : numbers) scale = std::max(scale, std::abs(number));
        size_t off = 0;
        for (size_t i = 0; i < numbers.size(); i++) {
          double difference = i < answer.numbers.size() ? std::abs(numbers[i] - answer.numbers[i]) / scale : 1e9;
          if (answer.whole) off += difference > 0;
          else { largest = std::max(largest, difference); off += difference > tolerance; }
        }
        good = good && (answer.whole ? off <= numbers.size() / 1000 : off == 0);
      }
      count++;
      right += good;
      if (!good) std::cerr << name << " is answered otherwise.\n";
    }
    name = row[1];
    given.clear();
    wanted.clear();
  }
  std::printf("%d of %d golden samples answered as in training, largest difference %.2g\n", right, count, largest);
  return right == count ? 0 : 1;
}

static fs::path own_folder(const char* program) {
  if (const char* given = std::getenv("NETWORK_FOLDER")) return fs::u8path(given);
  fs::path beside = fs::path(program).parent_path();
  return fs::exists(beside / "model.tsv") ? beside : fs::current_path();
}

int main(int count, char** words) {
  try {
    fs::path folder = own_folder(words[0]);
    Network network(folder);
    Strings given(words + 1, words + count);
    std::vector<const Input*> asked = network.asked();
    if (!given.empty() && given[0] == "--check") return check(network, folder);
    if ((given.empty() && !asked.empty()) || (!given.empty() && given[0] == "--help")) {
      std::cout << network.name << ": network VALUE... | --csv FILE | --check\n";
      for (const Input* input : asked) std::cout << "  " << input->name << " (" << input->kind << ")\n";
      return 0;
    }
    if (given.size() == 2 && given[0] == "--csv") {
      std::vector<Strings> rows = read_csv(fs::u8path(given[1]));
      for (size_t line = 1; line < rows.size(); line++) {
        Given values;
        for (size_t column = 0; column < rows[0].size() && column < rows[line].size(); column++)
          for (const Input* input : asked)
            if (input->name == rows[0][column]) values[input->name] = rows[line][column];
        std::cout << "line " << line + 1 << "\n";
        show(network, values);
      }
      return 0;
    }
    Given values;
    for (size_t place = 0; place < given.size(); place++) {
      size_t mark = given[place].find('=');
      bool named = false;
      for (const Input* input : asked)
        if (mark != std::string::npos && given[place].compare(0, mark, input->name) == 0) {
          values[input->name] = given[place].substr(mark + 1);
          named = true;
        }
      if (!named && place < asked.size()) values[asked[place]->name] = given[place];
    }
    show(network, values);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
