#include "mq/model/compression.hpp"

#include <boost/system/errc.hpp>

#include <algorithm>
#include <memory>
#include <new>

#include <lz4frame.h>
#include <zlib.h>
#include <zstd.h>

#include "mq/base/assert.hpp"
#include "mq/model/record.hpp"

namespace mq {
namespace {

namespace errc = boost::system::errc;

// One step of a decompressor: reads from `in`, writes to `out`, says how far it came.
struct Step {
  enum class State { more, finished, broken } state = State::broken;
  std::size_t read = 0;
  std::size_t written = 0;
};

// Runs `step(in, out)` until it is finished, into a buffer that grows no further than size_max.
template <class Function>
base::Result<std::string> inflate_all(base::BytesView in, std::size_t size_max, Function step) {
  std::string out;
  std::size_t filled = 0;
  out.resize(std::min(size_max, std::max<std::size_t>(in.size() * 4, 1024)));
  for (;;) {
    char spare = 0;  // where the byte too many would go
    const bool full = filled == size_max;
    const Step done =
        full ? step(in, &spare, std::size_t{1}) : step(in, out.data() + filled, out.size() - filled);
    if (full && done.written != 0) return make_error_code(errc::message_size);
    filled += done.written;
    in = in.subspan(done.read);
    if (done.state == Step::State::broken) return make_error_code(errc::bad_message);
    if (done.state == Step::State::finished) break;
    if (done.read == 0 && done.written == 0) return make_error_code(errc::bad_message);
    if (filled == out.size() && filled < size_max) out.resize(std::min(size_max, out.size() * 2));
  }
  out.resize(filled);
  return out;
}

base::Result<std::string> inflate_zlib(base::BytesView body, std::size_t size_max) {
  z_stream stream{};
  if (::inflateInit(&stream) != Z_OK) throw std::bad_alloc();
  const std::unique_ptr<z_stream, int (*)(z_stream*)> guard(&stream, ::inflateEnd);
  return inflate_all(body, size_max, [&](base::BytesView in, char* out, std::size_t size) {
    // zlib does not write through next_in; its C interface only lacks the const.
    stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(in.data()));
    stream.avail_in = static_cast<uInt>(in.size());
    stream.next_out = reinterpret_cast<Bytef*>(out);
    stream.avail_out = static_cast<uInt>(size);
    const int result = ::inflate(&stream, Z_NO_FLUSH);
    Step step{.state = Step::State::broken,
              .read = in.size() - stream.avail_in,
              .written = size - stream.avail_out};
    if (result == Z_OK || result == Z_BUF_ERROR) step.state = Step::State::more;
    if (result == Z_STREAM_END) step.state = Step::State::finished;
    return step;
  });
}

base::Result<std::string> inflate_lz4(base::BytesView body, std::size_t size_max) {
  LZ4F_dctx* context = nullptr;
  if (LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION))) throw std::bad_alloc();
  const std::unique_ptr<LZ4F_dctx, decltype(&LZ4F_freeDecompressionContext)> guard(
      context, LZ4F_freeDecompressionContext);
  return inflate_all(body, size_max, [&](base::BytesView in, char* out, std::size_t size) {
    std::size_t read = in.size();
    const std::size_t hint = LZ4F_decompress(context, out, &size, in.data(), &read, nullptr);
    if (LZ4F_isError(hint)) return Step{};
    return Step{
        .state = hint == 0 ? Step::State::finished : Step::State::more, .read = read, .written = size};
  });
}

base::Result<std::string> inflate_zstd(base::BytesView body, std::size_t size_max) {
  const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(), ZSTD_freeDCtx);
  if (!context) throw std::bad_alloc();
  return inflate_all(body, size_max, [&](base::BytesView in, char* out, std::size_t size) {
    ZSTD_inBuffer from{in.data(), in.size(), 0};
    ZSTD_outBuffer to{out, size, 0};
    const std::size_t hint = ZSTD_decompressStream(context.get(), &to, &from);
    if (ZSTD_isError(hint)) return Step{};
    return Step{
        .state = hint == 0 ? Step::State::finished : Step::State::more, .read = from.pos, .written = to.pos};
  });
}

}  // namespace

std::string compress_zlib(base::BytesView body, int level) {
  std::string out;
  uLongf size = ::compressBound(body.size());
  out.resize(size);
  const int result = ::compress2(reinterpret_cast<Bytef*>(out.data()), &size,
                                 reinterpret_cast<const Bytef*>(body.data()), body.size(), level);
  if (result == Z_MEM_ERROR) throw std::bad_alloc();
  BASE_ASSERT(result == Z_OK, "the level is out of range or the bound is none");
  out.resize(size);
  return out;
}

base::Result<std::string> decompress(base::BytesView body, std::int32_t sys_flag, std::size_t size_max) {
  BASE_ASSERT((sys_flag & sys_flag::kCompressed) != 0, "the body is not compressed");
  switch (sys_flag & sys_flag::kCompressionMask) {
    case 0:
    case sys_flag::kZlib:
      return inflate_zlib(body, size_max);
    case sys_flag::kLz4:
      return inflate_lz4(body, size_max);
    case sys_flag::kZstd:
      return inflate_zstd(body, size_max);
    default:
      return make_error_code(errc::bad_message);
  }
}

}  // namespace mq
